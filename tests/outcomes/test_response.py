"""Response by RECIST 1.1 (Eisenhauer 2009) from recorded answers and from sums of diameters, to the exact threshold."""

from __future__ import annotations

import math
from datetime import datetime, time

import pytest

from outcomes.record import GREATER, LESS, Record, on, rows


def _best(record: Record) -> list[tuple[object, ...]]:
    return rows(record.relation("best_response"), "response", "response_date", "source")


@pytest.mark.parametrize(
    ("baseline", "sums", "best"),
    [
        # Partial response: at most 70 % of baseline, in exact decimals (63 <= 0.7 * 90 is false in binary floats).
        (90, [63], "PR"),
        (90, [63.001], "SD"),
        (100, [70], "PR"),
        (71.3, [49.91], "PR"),
        (71.3, [49.911], "SD"),
        # Complete response: nothing left.
        (90, [0], "CR"),
        # Progression: at least 20 % and at least 5 mm above the nadir.
        (100, [120], "PD"),
        (100, [119.999], "SD"),
        (20, [24], "SD"),  # 20 % but 4 mm
        (20, [25], "PD"),  # 25 % and 5 mm
        (10, [14.999], "SD"),
        (10, [15], "PD"),
        (0.7, [5.7], "PD"),
        # The nadir is the smallest earlier sum; the baseline is one of them.
        (100, [80, 96], "SD"),  # 96 is 20 % above 80: progression after stable disease
        (100, [50, 60], "PR"),
        # Without target disease at baseline nothing can be compared.
        (0, [0], "NE"),
        (0, [10], "NE"),
    ],
)
def test_target_response(record: Record, baseline: float, sums: list[float], best: str) -> None:
    record.member(1)
    record.sum(1, 0, baseline)
    for number, value in enumerate(sums):
        record.sum(1, 50 * (number + 1), value)
    assert rows(record.relation("best_response"), "response") == [(best,)]


@pytest.mark.parametrize(
    ("sums", "decided"),
    [
        ([80, 95.999], ("last_adequate_assessment", 100)),
        ([80, 96], ("progression", 100)),
        ([110, 119], ("last_adequate_assessment", 100)),  # the baseline is the nadir
        ([110, 120], ("progression", 100)),
        ([0, 0.001], ("progression", 100)),  # reappearance after complete response, whatever its size
        ([0, 0], ("last_adequate_assessment", 100)),
    ],
)
def test_progression_from_the_nadir(record: Record, sums: list[float], decided: tuple[str, int]) -> None:
    record.member(1)
    record.sum(1, -1, 100)
    for number, value in enumerate(sums):
        record.sum(1, 50 * (number + 1), value)
    pfs = record.relation("endpoint").query("endpoint == 'pfs'")
    assert rows(pfs, "decided_by", "decided_on") == [(decided[0], on(decided[1]))]


@pytest.mark.parametrize(
    ("day", "best"), [(-29, "NE"), (-28, "PR"), (0, "PR"), (1, "NE")]
)  # day 1 is an assessment without baseline
def test_baseline_is_within_28_days_up_to_index(record: Record, day: int, best: str) -> None:
    record.member(1)
    record.sum(1, day, 100)
    record.sum(1, 60, 60)
    assert rows(record.relation("best_response"), "response", "source") == [(best, "sums")]


def test_the_latest_baseline_and_the_last_sum_of_a_day_count(record: Record) -> None:
    record.member(1)
    record.sum(1, -20, 60)
    record.sum(1, -2, 100)
    record.sum(1, 60, 90, measurement_datetime=datetime.combine(on(60), time(8)))
    record.sum(1, 60, 65, measurement_datetime=datetime.combine(on(60), time(9)))
    results = record.results()
    assert rows(results.target_sum, "assessment_date", "sum_mm", "change_from_baseline", "change_from_nadir") == [
        (on(-2), 100.0, None, None),
        (on(60), 65.0, -0.35, -0.35),
    ]
    assert rows(results.best_response, "response", "best_change") == [("PR", -0.35)]


@pytest.mark.parametrize("sums", [(90, 65), (65, 90)])
def test_of_sums_of_one_time_the_largest_counts_whatever_their_keys(record: Record, sums: tuple[float, ...]) -> None:
    record.member(1)
    record.sum(1, 0, 100)
    for value in sums:
        record.sum(1, 60, value)
    results = record.results()
    assert rows(results.target_sum, "sum_mm") == [(100.0,), (90.0,)]
    assert rows(results.best_response, "response") == [("SD",)]


@pytest.mark.parametrize("sums", [(90, 110), (110, 90)])
def test_of_baselines_of_one_time_the_smallest_counts_whatever_their_keys(
    record: Record, sums: tuple[float, ...]
) -> None:
    record.member(1)
    for value in sums:
        record.sum(1, 0, value)
    record.sum(1, 60, 70)
    results = record.results()
    assert rows(results.target_sum, "sum_mm") == [(90.0,), (70.0,)]
    assert rows(results.best_response, "response") == [("SD",)]


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e24, 1e300])
def test_a_sum_that_is_no_length_is_not_evaluable(record: Record, value: float) -> None:
    record.member(1)
    record.sum(1, -1, 100)
    record.sum(1, 0, value)  # no baseline either
    record.sum(1, 60, value)
    results = record.results()
    assert rows(results.best_response, "response", "source", "best_change") == [("NE", "sums", None)]
    assert rows(results.target_sum, "assessment_date", "sum_mm") == [(on(-1), 100.0)]


@pytest.mark.parametrize(("bound", "response"), [(20, "PD"), (0, "NE")])
def test_a_sum_above_a_bound_after_complete_response_is_progression(
    record: Record, bound: float, response: str
) -> None:
    record.member(1)
    record.sum(1, -5, 30)
    record.sum(1, 60, 0)
    record.sum(1, 100, bound, operator_concept_id=GREATER)
    assert rows(record.relation("assessment"), "assessment_date", "response") == [(on(60), "CR"), (on(100), response)]


def test_of_two_bounds_of_one_day_the_one_above_zero_counts_whichever_came_first(record: Record) -> None:
    for person, operators in ((1, (GREATER, LESS)), (2, (LESS, GREATER))):
        record.member(person)
        record.sum(person, -5, 50)
        record.sum(person, 30, 0)
        for operator in operators:
            record.sum(person, 60, 5, operator_concept_id=operator)
    frame = record.relation("assessment")
    assert sorted(rows(frame, "person_id", "response")) == [(1, "CR"), (1, "PD"), (2, "CR"), (2, "PD")]


def test_a_bound_of_a_sum_is_no_sum(record: Record) -> None:
    record.member(1)
    record.sum(1, -1, 100)
    record.sum(1, 60, 70, operator_concept_id=GREATER)
    results = record.results()
    assert rows(results.best_response, "response", "source", "best_change") == [("NE", "sums", None)]
    assert rows(results.target_sum, "assessment_date", "sum_mm") == [(on(-1), 100.0)]


@pytest.mark.parametrize(("value", "unit"), [(1e9, "mm"), (1e8, "cm"), (1e23, "cm")])
def test_an_absurdly_large_sum_is_progression(record: Record, value: float, unit: str) -> None:
    record.member(1)
    record.sum(1, 0, 100)
    record.sum(1, 60, value, unit)
    assert rows(record.relation("best_response"), "response") == [("PD",)]


def test_centimetres_are_converted_and_unknown_units_not_used(record: Record) -> None:
    record.member(1)
    record.sum(1, 0, 9.0, "cm")
    record.sum(1, 60, 63, "mm")
    record.sum(1, 120, 20, None)
    results = record.results()
    assert rows(results.target_sum, "sum_mm") == [(90.0,), (63.0,)]
    assert ("sum_records_with_unit", 2, 3) in rows(results.completeness, "item", "x", "n")


@pytest.mark.parametrize(("day", "best"), [(41, "NE"), (42, "SD"), (43, "SD")])
def test_stable_disease_from_day_42(record: Record, day: int, best: str) -> None:
    record.member(1)
    record.response(1, day, "SD")
    assert rows(record.relation("best_response"), "response") == [(best,)]


@pytest.mark.parametrize(
    ("answers", "best", "day"),
    [
        ([(50, "SD"), (100, "PR"), (150, "CR")], "CR", 150),
        ([(50, "PR"), (100, "SD")], "PR", 50),
        ([(30, "SD"), (60, "PD")], "PD", 60),  # stable disease came too early to count
        ([(30, "SD"), (60, "NE")], "NE", None),
        ([(30, "PR")], "PR", 30),
        ([(50, "SD"), (60, "PD"), (100, "PR")], "SD", 50),  # what follows progression does not count
        ([(60, "PD"), (100, "CR")], "PD", 60),
        ([(50, "NE"), (100, "SD")], "SD", 100),
        ([(0, "CR")], "NE", None),  # on the index day: not an effect of the treatment
        ([], "NE", None),
    ],
)
def test_best_overall_response(record: Record, answers: list[tuple[int, str]], best: str, day: int | None) -> None:
    record.member(1)
    for answered, value in answers:
        record.response(1, answered, value)
    source = "recorded" if any(answered > 0 for answered, _ in answers) else None
    assert _best(record) == [(best, None if day is None else on(day), source)]


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        (("PD", "PR"), "PD"),
        (("PR", "PD"), "PD"),
        (("CR", "SD"), "SD"),
        (("SD", "PR"), "SD"),
        (("CR", "PR"), "PR"),
        (("PR", "CR"), "PR"),
        (("NE", "CR"), "CR"),
        (("CR", "NE"), "CR"),
    ],
)
def test_of_responses_of_one_time_the_worst_counts_whatever_their_keys(
    record: Record, answers: tuple[str, ...], best: str
) -> None:
    record.member(1)
    for answer in answers:
        record.response(1, 60, answer)
    assert rows(record.relation("best_response"), "response") == [(best,)]


@pytest.mark.parametrize(("day", "best"), [(100, "SD"), (101, "PR")])
def test_best_response_ends_before_new_therapy(record: Record, day: int, best: str) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    record.response(1, 100, "PR")
    record.drug(1, "delta", day, day + 20)
    assert rows(record.relation("best_response"), "response") == [(best,)]


@pytest.mark.parametrize(("day", "best"), [(28, "PR"), (29, "NE")])
def test_an_agent_begun_within_28_days_belongs_to_the_line(record: Record, day: int, best: str) -> None:
    record.member(1)
    record.drug(1, "delta", day, day + 10)
    record.drug(1, "delta", 80, 90)
    record.response(1, 100, "PR")
    assert rows(record.relation("best_response"), "response") == [(best,)]


def test_one_source_per_patient_in_declared_order(record: Record) -> None:
    for person in (1, 2, 3):
        record.member(person)
        record.sum(person, 0, 100)
        record.sum(person, 60, 60)
    record.response(1, 60, "SD")
    record.response(2, 60, "NE")  # not evaluable: the sums decide
    results = record.results()
    assert rows(results.best_response, "subject_id", "response", "source") == [
        (1, "SD", "recorded"),
        (2, "PR", "sums"),
        (3, "PR", "sums"),
    ]
    alone = results.estimate[results.estimate["measure"] == "orr_by_source"]
    assert rows(alone, "stratum", "x", "n") == [
        ("source=recorded", 0, 3),
        ("source=sums", 3, 3),
        ("source=lesions", 0, 3),
        ("source=clinician", 0, 3),
    ]


def test_an_answer_of_an_unknown_concept_is_no_response(record: Record) -> None:
    record.member(1)
    record.measurement(1, 300, 60, value_as_concept_id=0)
    assert _best(record) == [("NE", None, None)]


def test_best_change_is_over_the_time_of_the_best_response(record: Record) -> None:
    record.member(1)
    for day, value in ((0, 100), (50, 80), (100, 100), (150, 20)):
        record.sum(1, day, value)
    assert rows(record.relation("best_response"), "response", "best_change") == [("SD", -0.2)]
