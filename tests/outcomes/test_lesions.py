"""Response from lesions followed one by one: thresholds, baseline, what counts as which lesion (Eisenhauer 2009)."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest

from outcomes.record import GREATER, LESS, Record, on, rows

# Longest diameters of lesion a, or (short axis of node n,); the response at the last assessment, of 60, 120, ... days.
# One unit is 0.001 mm: what the sums are exact to.
Sizes = list[tuple[float | None, float | None]]
THRESHOLDS: list[tuple[Sizes, str]] = [
    # Partial response: at most 70 % of baseline.
    ([(90, None), (62.999, None)], "PR"),
    ([(90, None), (63, None)], "PR"),
    ([(90, None), (63.001, None)], "SD"),
    ([(71.3, None), (49.91, None)], "PR"),
    ([(71.3, None), (49.911, None)], "SD"),
    # Progression: at least 20 % above the nadir.
    ([(100, None), (119.999, None)], "SD"),
    ([(100, None), (120, None)], "PD"),
    ([(100, None), (120.001, None)], "PD"),
    # And at least 5 mm above it.
    ([(20, None), (24.999, None)], "SD"),
    ([(20, None), (25, None)], "PD"),
    ([(20, None), (25.001, None)], "PD"),
    # The nadir is the smallest earlier sum, not the last.
    ([(100, None), (60, None), (65, None), (71.999, None)], "SD"),
    ([(100, None), (60, None), (65, None), (72, None)], "PD"),
    # Progression before partial response: 48 is 48 % of baseline and 20 % above 40.
    ([(100, None), (40, None), (48, None)], "PD"),
    ([(100, None), (40, None), (47.999, None)], "PR"),
    # Complete response: no longest diameter left, nodes below 10 mm.
    ([(50, 20), (0, 9.999)], "CR"),
    ([(50, 20), (0, 10)], "PR"),
    ([(50, 20), (0, 10.001)], "PR"),
    ([(50, 20), (0.001, 9.999)], "PR"),
    ([(None, 15), (None, 9.999)], "CR"),
    ([(None, 15), (None, 10)], "PR"),
    ([(None, 15), (None, 10.5)], "PR"),
    ([(None, 15), (None, 10.501)], "SD"),
    # Nodes that are normal are complete response, however much they vary; from 10 mm on they have reappeared.
    ([(None, 20), (None, 3), (None, 9.999)], "CR"),
    ([(None, 20), (None, 8), (None, 10)], "PD"),
    # Reappearance after complete response, whatever its size.
    ([(50, None), (0, None), (0.001, None)], "PD"),
    ([(50, 20), (0, 5), (0.001, 5)], "PD"),
    # A lesion that is not measured: not evaluable, unless the measured ones already make progression.
    ([(50, 50), (None, 30)], "NE"),
    ([(50, 50), (None, 119.999)], "NE"),
    ([(50, 50), (None, 120)], "PD"),
    ([(20, 20), (0, None)], "NE"),
    # An incomplete sum is no nadir.
    ([(50, 50), (10, None), (60, 50)], "SD"),
]


def test_thresholds(record: Record) -> None:
    for person, (history, _) in enumerate(THRESHOLDS, start=1):
        record.member(person)
        for number, (size, axis) in enumerate(history):
            if size is not None:
                record.lesion(person, 60 * number, "a", size, role="target")
            if axis is not None:
                record.lesion(person, 60 * number, "n", axis=axis, role="target")
    found = record.relation("assessment").sort_values("assessment_date").groupby("person_id").last().reset_index()
    assert [(THRESHOLDS[person - 1][0], response) for person, response in rows(found, "person_id", "response")] == [
        (history, response) for history, response in THRESHOLDS
    ]


def _responses(record: Record) -> list[tuple[int, str]]:
    """(day, response) of every assessment of a record with one patient."""
    found = record.relation("assessment").sort_values("assessment_date")
    return [((day - on(0)).days, str(response)) for day, response in rows(found, "assessment_date", "response")]


@pytest.mark.parametrize(
    ("state", "size", "response"),
    [
        ("too small", None, "PR"),  # 5 mm by convention
        ("too small", 3, "PR"),  # what can be measured keeps its measure
        ("absent", None, "CR"),
        ("present", None, "NE"),
        ("not evaluable", None, "NE"),
        ("not evaluable", 3, "NE"),
    ],
)
def test_what_a_state_without_a_diameter_means(record: Record, state: str, size: float | None, response: str) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 12, role="target")
    record.lesion(1, 60, "a", size, state=state)
    assert _responses(record) == [(60, response)]
    sums = {"PR": size or 5, "CR": 0}
    found = rows(record.results().target_sum, "sum_mm")
    assert found == [(12.0,), *([(float(sums[response]),)] if response in sums else [])]


@pytest.mark.parametrize(
    ("day", "response"),
    [(-29, "NE"), (-28, "PR"), (-1, "PR"), (0, "PR")],
)
def test_baseline_is_within_28_days_up_to_index(record: Record, day: int, response: str) -> None:
    record.member(1)
    record.lesion(1, day, "a", 100, role="target")
    record.lesion(1, 60, "a", 70)
    results = record.results()
    assert rows(results.best_response, "response", "source") == [(response, "lesions")]
    counted = results.estimate.query("measure == 'no_baseline_by_source' and stratum == 'source=lesions'")
    assert rows(counted, "x", "n") == [(int(response == "NE"), 1)]
    # The sensitivity analysis looks back 42 days.
    wider = results.estimate.query("measure == 'orr_baseline_42d'")
    assert rows(wider, "x", "n") == [(1, 1)]


def test_an_incomplete_assessment_is_no_baseline(record: Record) -> None:
    record.member(1)
    for name, size in (("a", 60), ("b", 40)):
        record.lesion(1, -20, name, size, role="target")
    record.lesion(1, -2, "a", 50, role="target")
    record.lesion(1, -2, "b", role="target", state="not evaluable")
    record.lesion(1, 60, "a", 40)
    record.lesion(1, 60, "b", 30)
    assert rows(record.results().target_sum, "assessment_date", "sum_mm", "change_from_baseline") == [
        (on(-20), 100.0, None),
        (on(60), 70.0, -0.3),
    ]


def test_without_a_complete_baseline_nothing_can_be_compared(record: Record) -> None:
    record.member(1)
    record.lesion(1, -2, "a", 50, role="target")
    record.lesion(1, -2, "b", role="target", state="not evaluable")
    for name in ("a", "b"):
        record.lesion(1, 60, name, 10)
    results = record.results()
    assert rows(results.assessment, "response") == [("NE",)]
    assert rows(results.response_query, "query") == [("no_baseline",), ("target_lesion_too_small",)]


def test_scans_a_week_apart_are_one_assessment_and_index_parts_them(record: Record) -> None:
    record.member(1)
    record.lesion(1, -3, "a", 60, role="target")
    record.lesion(1, 0, "b", 40, role="target")
    record.lesion(1, 4, "a", 60)
    record.lesion(1, 60, "a", 40)
    record.lesion(1, 67, "b", 30)
    record.lesion(1, 75, "a", 40)
    # The last scan dates the assessment.
    assert _responses(record) == [(4, "NE"), (67, "PR"), (75, "NE")]


def test_the_first_scan_dates_progression(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 60, role="target")
    record.lesion(1, 60, "a", 72)
    record.lesion(1, 66, "c", 12, role="new")
    assert _responses(record) == [(60, "PD")]
    pfs = record.relation("endpoint").query("endpoint == 'pfs'")
    assert rows(pfs, "decided_by", "decided_on", "cdm_table") == [("progression", on(60), "measurement")]


def test_of_a_day_the_last_reading_counts_and_of_one_time_the_harder(record: Record) -> None:
    record.member(1)
    for size in (100, 90):  # the smaller baseline makes response harder
        record.lesion(1, 0, "a", size, role="target")
    record.lesion(1, 60, "a", 40, at=datetime.combine(on(60), time(8)))
    record.lesion(1, 60, "a", 80, at=datetime.combine(on(60), time(9)))
    for size in (63, 50):
        record.lesion(1, 120, "a", size)
    assert rows(record.results().target_sum, "sum_mm") == [(90.0,), (80.0,), (63.0,)]


def test_lesions_that_nobody_called_target(record: Record) -> None:
    record.member(1)
    sizes = {"a": 60.0, "b": 50.0, "c": 40.0, "d": 30.0, "e": 20.0, "f": 10.0, "g": 9.999}
    for name, size in sizes.items():
        record.lesion(1, 0, name, size)
    record.lesion(1, 0, "n", axis=15)
    record.lesion(1, 0, "m", axis=14.999)
    found = rows(record.relation("baseline_lesion").sort_values("lesion"), "lesion", "nodal", "measurable", "part")
    assert found == [
        ("a", False, True, "target"),
        ("b", False, True, "target"),
        ("c", False, True, "target"),
        ("d", False, True, "target"),
        ("e", False, True, "target"),  # the five largest
        ("f", False, True, "non-target"),
        ("g", False, False, "non-target"),
        ("m", True, False, "non-target"),
        ("n", True, True, "non-target"),
    ]


def test_beside_named_targets_the_others_are_not_target(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 30, role="target")
    record.lesion(1, 0, "b", 90)
    found = rows(record.relation("baseline_lesion").sort_values("lesion"), "lesion", "part")
    assert found == [("a", "target"), ("b", "non-target")]


def test_non_target_disease_is_judged_never_measured_to_progress(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 100, role="target")
    record.lesion(1, 0, "b", 12, role="non-target")
    record.lesion(1, 0, "n", axis=12, role="non-target")
    for day, size, axis, state in ((60, 40, 12, None), (120, 0, 9.999, None), (180, 0, 8, "progressed")):
        record.lesion(1, day, "a", 0)
        record.lesion(1, day, "b", size)
        record.lesion(1, day, "n", axis=axis, state=state)
    # 180: unequivocal progression, as somebody judged it.
    assert _responses(record) == [(60, "PR"), (120, "CR"), (180, "PD")]


@pytest.mark.parametrize(
    ("axis", "state", "response"),
    [(None, "present", "PD"), (None, "progressed", "PD"), (None, "not evaluable", "NE"), (20, "present", "NE")],
)
def test_after_complete_response_a_target_lesion_that_is_there_has_reappeared(
    record: Record, axis: int | None, state: str, response: str
) -> None:
    record.member(1)
    record.lesion(1, -5, "a", None if axis else 20, axis=axis, role="target")
    record.lesion(1, 50, "a", state="absent")
    record.lesion(1, 100, "a", state=state)  # a node without a value may be a normal one
    if axis:
        record.lesion(1, 50, "a", axis=8)
    assert _responses(record) == [(50, "CR"), (100, response)]


def test_after_complete_response_any_non_target_lesion_has_reappeared(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "b", role="non-target", state="present")
    for day, state in ((60, "present"), (120, "absent"), (180, "not evaluable"), (240, "present")):
        record.lesion(1, day, "b", state=state)
    assert _responses(record) == [(60, "NON-CR/NON-PD"), (120, "CR"), (180, "NE"), (240, "PD")]
    best = rows(record.results().best_response, "response", "response_date", "best_change")
    assert best == [("CR", on(120), None)]


@pytest.mark.parametrize(
    ("seen", "response"),
    [
        ({"size": 4}, [(60, "PD"), (120, "PD")]),
        ({"state": "present"}, [(60, "PD"), (120, "PD")]),
        ({"axis": 10}, [(60, "PD"), (120, "PD")]),
        ({"axis": 9.999}, [(60, "SD"), (120, "SD")]),  # a normal node
        ({"state": "absent"}, [(60, "SD"), (120, "SD")]),
        ({"state": "equivocal"}, [(60, "SD"), (120, "SD")]),
    ],
)
def test_new_lesions(record: Record, seen: dict[str, object], response: list[tuple[int, str]]) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 100, role="target")
    for day in (60, 120):
        record.lesion(1, day, "a", 100)
        record.lesion(1, day, "c", role="new", **seen)  # type: ignore[arg-type]
    assert _responses(record) == response


def test_an_equivocal_new_lesion_counts_from_its_first_finding_once_it_is_certain(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 100, role="target")
    for day, state in ((60, "equivocal"), (120, "present")):
        record.lesion(1, day, "a", 100)
        record.lesion(1, day, "c", role="new", state=state)
    assert _responses(record) == [(60, "PD"), (120, "PD")]


def test_a_lesion_that_was_new_in_an_earlier_line_is_old_now(record: Record) -> None:
    record.member(1)
    record.lesion(1, -20, "a", 30, role="new")
    record.lesion(1, 60, "a", 30)
    assert _responses(record) == [(60, "SD")]


def test_what_should_be_asked_of_lesions(record: Record) -> None:
    record.member(1)
    for name in "abcdef":
        record.lesion(1, 0, name, 9.999 if name == "f" else 20, role="target")
    for name in "abcdefx":
        record.lesion(1, 60, name, 9)
    assert rows(record.results().response_query, "query", "query_date") == [
        ("lesion_of_unknown_role", on(60)),
        ("more_target_lesions_than_allowed", on(0)),
        ("target_lesion_too_small", on(0)),
    ]


@pytest.mark.parametrize(
    ("operator", "size", "response", "sums"),
    [
        (LESS, 5, "PR", [(12.0,), (5.0,)]),
        (LESS, 3, "PR", [(12.0,), (5.0,)]),
        (LESS, 6, "NE", [(12.0,)]),
        (GREATER, 3, "NE", [(12.0,)]),
    ],
)
def test_below_5_mm_is_too_small_to_measure_and_other_bounds_are_no_measures(
    record: Record, operator: int, size: float, response: str, sums: list[tuple[float]]
) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 12, role="target")
    record.lesion(1, 60, "a", size, operator=operator)
    assert _responses(record) == [(60, response)]
    assert rows(record.results().target_sum, "sum_mm") == sums


@pytest.mark.parametrize(
    ("operator", "axis", "response"),
    [(LESS, 8, "CR"), (LESS, 10, "CR"), (LESS, 12, "NE"), (GREATER, 8, "NE"), (None, 8, "CR"), (None, 10, "PR")],
)
def test_a_node_below_10_mm_is_gone_by_a_bound_too(
    record: Record, operator: int | None, axis: float, response: str
) -> None:
    record.member(1)
    record.lesion(1, 0, "n", axis=30, role="target")
    record.lesion(1, 50, "n", axis=axis, operator=operator)
    assert _responses(record) == [(50, response)]


@pytest.mark.parametrize(("operator", "axis", "response"), [(LESS, 8, "SD"), (LESS, 30, "PD"), (GREATER, 15, "PD")])
def test_a_new_node_by_a_bound(record: Record, operator: int, axis: float, response: str) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 30, role="target")
    record.lesion(1, 50, "a", 30)
    record.lesion(1, 50, "n", axis=axis, operator=operator, role="new")
    assert _responses(record) == [(50, response)]


@pytest.mark.parametrize("back", [{"size": 100, "operator": GREATER}, {"axis": 20, "operator": GREATER}])
def test_what_is_back_after_complete_response_is_progression_by_a_bound_too(
    record: Record, back: dict[str, Any]
) -> None:
    record.member(1)
    measure = next(iter(back))
    for day, found in ((-5, {measure: 30, "role": "target"}), (60, {measure: 0}), (100, back)):
        record.lesion(1, day, "t", **found)
    assert _responses(record) == [(60, "CR"), (100, "PD")]


def test_of_a_node_the_short_axis_alone_says_that_it_is_back(record: Record) -> None:
    record.member(1)
    for day, found in (
        (-5, {"axis": 30, "role": "target"}),
        (60, {"axis": 0}),
        (100, {"size": 20, "operator": GREATER}),
    ):
        record.lesion(1, day, "n", **found)
    assert _responses(record) == [(60, "CR"), (100, "NE")]


@pytest.mark.parametrize("operator", [LESS, GREATER])
def test_other_disease_of_which_a_bound_is_known_is_there(record: Record, operator: int) -> None:
    record.member(1)
    for day in (-5, 60):
        record.lesion(1, day, "a", 100, operator=operator, role="non-target")
    assert _responses(record) == [(60, "NON-CR/NON-PD")]


def test_a_diameter_in_an_unknown_unit_is_not_used(record: Record) -> None:
    record.member(1)
    record.lesion(1, 0, "a", 100, role="target")
    row = record.lesion(1, 60, "a")
    values = {"measurement_event_id": row, "meas_event_field_concept_id": 1147138}
    record.measurement(1, 331, 60, value_as_number=7, unit_concept_id=0, **values)
    assert _responses(record) == [(60, "NE")]
