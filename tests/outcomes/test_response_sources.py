"""The sources of response stay apart; local therapy; denominators, sensitivity analyses and clinical benefit."""

from __future__ import annotations

import pandas as pd
import pytest

from outcomes.record import Record, on, rows


def _estimate(estimates: pd.DataFrame, measure: str, stratum: str = "overall") -> tuple[object, object]:
    ((x, n),) = rows(estimates[(estimates["measure"] == measure) & (estimates["stratum"] == stratum)], "x", "n")
    return x, n


def test_each_source_by_itself_and_one_per_patient(record: Record) -> None:
    for person in (1, 2, 3, 4):
        record.member(person)
        record.trend(person, 60, "worsened")
    for person in (1, 2, 3):
        record.lesion(person, 0, "a", 100, role="target")
        record.lesion(person, 60, "a", 100)
    for person in (1, 2):
        record.sum(person, 0, 100)
        record.sum(person, 60, 60)
    record.response(1, 60, "CR")
    found = rows(record.results().best_by_source, "subject_id", "source", "chosen", "response")
    assert found == [
        (1, "clinician", False, "PD"),
        (1, "lesions", False, "SD"),
        (1, "recorded", True, "CR"),
        (1, "sums", False, "PR"),
        (2, "clinician", False, "PD"),
        (2, "lesions", False, "SD"),
        (2, "sums", True, "PR"),
        (3, "clinician", False, "PD"),
        (3, "lesions", True, "SD"),
        (4, "clinician", True, "PD"),
    ]


@pytest.mark.parametrize(
    ("trend", "response"), [("improved", "PR"), ("stable", "SD"), ("worsened", "PD"), ("undetermined", "NE")]
)
def test_a_clinicians_trend_is_what_the_registry_declares(record: Record, trend: str, response: str) -> None:
    record.member(1)
    record.trend(1, 60, trend)
    assert rows(record.relation("best_response"), "response", "source") == [(response, "clinician")]


# Sum of 100 mm at baseline; at day 60 a sum, and what is recorded of the rest on that day.
RECORDED_PARTS = [
    (0, None, None, "CR"),
    (0, "CR", False, "CR"),
    (0, "NON-CR/NON-PD", False, "PR"),
    (0, "NE", False, "PR"),
    (70, "NON-CR/NON-PD", None, "PR"),
    (70, "PD", False, "PD"),
    (70, None, True, "PD"),
    (70, None, False, "PR"),
]


def test_sums_with_what_is_recorded_of_the_rest(record: Record) -> None:
    for person, (size, non_target, new, _) in enumerate(RECORDED_PARTS, start=1):
        record.member(person)
        record.sum(person, 0, 100)
        record.sum(person, 60, size)
        if non_target is not None:
            record.non_target(person, 60, non_target)
        if new is not None:
            record.new_lesion(person, 60, new)
    found = rows(record.results().assessment, "response")
    assert found == [(response,) for *_, response in RECORDED_PARTS]


def test_non_target_disease_that_was_followed_is_missed_where_it_is_not(record: Record) -> None:
    record.member(1)
    for day, size in ((0, 100), (60, 0), (120, 0)):
        record.sum(1, day, size)
    record.non_target(1, 120, "CR")
    found = rows(record.results().assessment, "target_response", "non_target_response", "response")
    assert found == [("CR", "NE", "PR"), ("CR", "CR", "CR")]


def test_a_new_lesion_is_progression_on_a_day_without_measurements(record: Record) -> None:
    for person in (1, 2):
        record.member(person)
        record.new_lesion(person, 60, False)
        record.new_lesion(person, 90, True)
        record.non_target(person, 120, "PD")
    record.sum(1, 0, 100)
    record.lesion(2, 0, "a", 100, role="target")
    found = rows(record.results().assessment, "subject_id", "source", "assessment_date", "response")
    assert found == [
        (person, source, on(day), "PD") for person, source in ((1, "sums"), (2, "lesions")) for day in (90, 120)
    ]


@pytest.mark.parametrize(("day", "best"), [(0, "PR"), (60, "SD"), (100, "SD"), (101, "PR")])
def test_local_therapy_ends_the_best_response_and_not_pfs(record: Record, day: int, best: str) -> None:
    record.member(1)
    for seen, response in ((50, "SD"), (100, "PR"), (150, "PD")):
        record.response(1, seen, response)
    record.procedure(1, day)
    record.procedure(1, 10, concept_id=351)  # another procedure
    results = record.results()
    assert rows(results.best_response, "response") == [(best,)]
    asked = [("local_therapy_ended_best_response", on(day))] if day > 0 else []
    assert rows(results.response_query, "query", "query_date") == asked
    pfs = results.endpoint.query("endpoint == 'pfs'")
    assert rows(pfs, "decided_by", "decided_on") == [("progression", on(150))]


def test_local_therapy_after_progression_is_no_question(record: Record) -> None:
    record.member(1)
    record.response(1, 60, "PD")
    record.procedure(1, 70)
    assert rows(record.results().response_query, "query") == []


def _seen_later(record: Record, person: int) -> None:
    """A patient whom statements and conditions alone show until the first assessment."""
    record.person(person)
    record.condition(person, 201, -200)
    record.condition(person, 211, -190)
    record.drug(person, "gamma", -180, -120)
    record.drug(person, "alpha", 0, 100)
    record.drug(person, "beta", 0, 100)


def test_all_patients_are_the_denominator_and_others_are_called_secondary(record: Record) -> None:
    for person in range(1, 7):
        record.member(person)
    _seen_later(record, 7)  # in no denominator of response
    record.response(7, 60, "CR")
    record.sum(1, 0, 10)  # measurable
    record.response(1, 60, "PR")
    record.response(1, 90, "PR")
    record.lesion(2, 0, "n", axis=15, role="target")
    record.response(2, 60, "NE")
    record.sum(3, 0, 9.999)
    record.response(3, 60, "CR")
    record.response(4, 167, "SD")
    record.response(5, 60, "SD")
    record.response(5, 168, "SD")
    found = record.results().estimate
    measures = (
        "orr", "cbr", "orr_confirmed", "dcr_confirmed", "cbr_confirmed", "confirmed_response_ne",
        "secondary_orr_measurable", "secondary_orr_evaluable", "secondary_dcr_evaluable",
    )  # fmt: skip
    assert {measure: _estimate(found, measure) for measure in measures} == {
        "orr": (2, 6),
        "cbr": (3, 6),
        "orr_confirmed": (1, 6),
        "dcr_confirmed": (4, 6),
        "cbr_confirmed": (2, 6),
        "confirmed_response_ne": (2, 6),
        "secondary_orr_measurable": (1, 2),
        "secondary_orr_evaluable": (2, 4),
        "secondary_dcr_evaluable": (4, 4),
    }


def test_before_the_first_assessment_nobody_has_stable_disease(record: Record) -> None:
    record.member(1)
    found = record.results().estimate
    assert [_estimate(found, f"sd_minimum_{days}d") for days in (35, 42, 56)] == [(0, 1)] * 3
    assert [_estimate(found, f"dcr_minimum_{days}d") for days in (35, 42, 56)] == [(0, 1)] * 3


def test_stable_disease_by_its_minimum(record: Record) -> None:
    for person, day in enumerate((34, 35, 41, 42, 55, 56), start=1):
        record.member(person)
        record.response(person, day, "NON-CR/NON-PD" if day == 56 else "SD")
    found = record.results().estimate
    assert [_estimate(found, f"sd_minimum_{days}d") for days in (35, 42, 56)] == [(4, 6), (2, 6), (0, 6)]
    # Non-CR/non-PD that lasts is disease control, too.
    assert [_estimate(found, f"dcr_minimum_{days}d") for days in (35, 42, 56)] == [(5, 6), (3, 6), (1, 6)]


def test_persisting_non_target_disease_is_adequate_follow_up(record: Record) -> None:
    record.member(1)
    record.response(1, 60, "NON-CR/NON-PD")
    pfs = record.relation("endpoint").query("endpoint == 'pfs'")
    assert rows(pfs, "decided_by", "decided_on") == [("last_adequate_assessment", on(60))]
