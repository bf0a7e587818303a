"""Immune-related events with steroids and outcome."""

from __future__ import annotations

import pytest

from outcomes.record import Record, on, rows
from outcomes.safety_record import BETTER, STEROID, WORSE, given, outcome


@pytest.mark.parametrize(
    ("start", "end", "steroids"),
    [(10, 10, "given"), (24, 24, "given"), (25, 25, "not recorded"), (1, 10, "given"), (1, 9, "not recorded")],
)
def test_steroids_from_onset_until_14_days_after_it(record: Record, start: int, end: int, steroids: str) -> None:
    record.member(1)
    record.adverse_event(1, "inflamed", 10, 3)
    row = given(record, 1, STEROID, start)
    record.con.execute(
        "UPDATE cdm.drug_exposure SET drug_exposure_end_date = $1 WHERE drug_exposure_id = $2", [on(end), row]
    )
    found = record.relation("immune_event")
    assert rows(found, "term", "steroids", "steroid_date") == [
        ("Inflamed", steroids, on(start) if steroids == "given" else None)
    ]


def test_steroids_for_a_later_record_of_the_term(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "inflamed", 20, 2)
    record.adverse_event(1, "inflamed", 60, 3)
    given(record, 1, STEROID, 62)
    found = record.relation("immune_event")
    assert rows(found, "term", "worst_grade", "onset_date", "steroid_date") == [("Inflamed", 3, on(20), on(62))]


def test_a_prescription_is_no_steroid_given_and_other_terms_are_not_immune_related(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "inflamed", 10, 3)
    record.adverse_event(1, "tired", 10, 3)
    record.insert(
        "drug_exposure",
        person_id=1,
        drug_concept_id=STEROID,
        drug_type_concept_id=32838,
        drug_exposure_start_date=on(10),
        drug_exposure_end_date=on(12),
    )
    assert rows(record.relation("immune_event"), "term", "steroids") == [("Inflamed", "not recorded")]


def test_outcomes_and_estimates(record: Record) -> None:
    for person, value in ((1, BETTER), (2, WORSE), (3, None)):
        record.member(person)
        event = record.adverse_event(person, "inflamed", 10, 2)
        if value is not None:
            outcome(record, person, event, value)
    given(record, 1, STEROID, 12)
    results = record.results()
    assert rows(results.immune_event, "subject_id", "steroids", "outcome") == [
        (1, "given", "Better"),
        (2, "not recorded", "Worse"),
        (3, "not recorded", "Not recorded"),
    ]
    chosen = results.estimate[results.estimate["measure"].str.startswith("immune_")]
    assert rows(chosen, "measure", "x", "n") == [
        ("immune_steroids", 1, 3),
        ("immune_event_outcome:Better", 1, 3),
        ("immune_event_outcome:Not recorded", 1, 3),
        ("immune_event_outcome:Worse", 1, 3),
    ]
    assert rows(results.adverse_event, "outcome") == [("Better",), ("Worse",), (None,)]
