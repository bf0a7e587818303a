"""Treatment-emergent: onset or worsening during treatment; what was there before and is no worse does not count."""

from __future__ import annotations

import pytest

from outcomes.record import Record, rows
from outcomes.safety_record import ended, said


def emergence(record: Record) -> list[tuple[object, ...]]:
    frame = record.relation("adverse_event_record").sort_values("onset_date")
    return rows(frame, "term", "grade", "emergence", "emergent")


@pytest.mark.parametrize(
    ("before", "after", "emergence_after"),
    [
        (1, 2, "worsened"),
        (2, 2, "not worse"),
        (3, 2, "not worse"),
        (None, 2, "unclear"),
        (2, None, "unclear"),
    ],
)
def test_worsening_of_what_was_there_before(
    record: Record, before: int | None, after: int | None, emergence_after: str
) -> None:
    record.member(1)
    record.adverse_event(1, "tired", -10, before, related=False)
    record.adverse_event(1, "tired", 5, after, related=False)
    assert emergence(record) == [
        ("Tired", before, "before treatment", False),
        ("Tired", after, emergence_after, emergence_after != "not worse"),
    ]


@pytest.mark.parametrize(("end", "found"), [(-1, "new"), (0, "not worse")])
def test_what_ended_before_the_first_dose_begins_anew(record: Record, end: int, found: str) -> None:
    record.member(1)
    ended(record, record.adverse_event(1, "tired", -10, 3), end)
    record.adverse_event(1, "tired", 5, 2)
    assert emergence(record)[1] == ("Tired", 2, found, found == "new")


def test_the_latest_grade_before_treatment_is_the_one_to_be_worse_than(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "tired", -30, 3)
    record.adverse_event(1, "tired", -5, 1)
    record.adverse_event(1, "tired", 5, 2)
    assert emergence(record)[2] == ("Tired", 2, "worsened", True)


@pytest.mark.parametrize("concept", [501, 508])
def test_a_diagnosis_before_treatment_has_no_grade_so_worsening_cannot_be_excluded(
    record: Record, concept: int
) -> None:
    record.member(1)
    record.condition(1, concept, -100)
    record.adverse_event(1, "tired", 5, 2)
    assert emergence(record) == [("Tired", 2, "unclear", True)]


def test_another_term_or_one_without_a_name_is_not_there_before(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "inflamed", -5, 3)
    nameless = record.condition(1, 0, -5)
    record.adverse_event(1, "tired", 5, 2)
    other = record.condition(1, 0, 6)
    for row in (nameless, other):
        said(record, 1, row, 400, value_as_concept_id=402)
    found = {(term, what) for term, _, what, emergent in emergence(record) if emergent}
    assert found == {("Tired", "new"), ("Term not recorded", "new")}


def test_what_does_not_count_says_why(record: Record) -> None:
    record.member(1)
    record.drug(1, "delta", 120, 130)
    for day in (-1, 10, 120):
        record.adverse_event(1, "tired", day, 1)
    record.member(2)
    record.adverse_event(2, "tired", 131, 2)
    found = record.relation("adverse_event_record").sort_values(["person_id", "onset_date"])
    assert rows(found, "person_id", "emergence") == [
        (1, "before treatment"),
        (1, "not worse"),
        (1, "after new therapy"),
        (2, "after the window"),
    ]


def test_the_frame_says_what_the_worst_record_is_to_the_treatment(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "tired", -10, 1)
    record.adverse_event(1, "tired", 5, 2, serious=True)
    record.adverse_event(1, "inflamed", 5, 1)
    assert rows(record.results().adverse_event, "term", "ae_class", "emergence", "serious", "worst_grade") == [
        ("Inflamed", "Defence", "new", False, 1),
        ("Tired", "Whole body", "worsened", True, 2),
    ]
