"""PFS and OS: what decides them, on what day, and from which CDM row."""

from __future__ import annotations

import pytest

from outcomes.record import CUT, Record, on, rows

DECISION = ("time_days", "event", "decided_by", "decided_on", "cdm_table", "cdm_row_id")


def _endpoint(record: Record, name: str, day: int | None = None) -> tuple[object, ...]:
    endpoint = record.relation("endpoint", CUT if day is None else on(day))
    [row] = rows(endpoint[endpoint["endpoint"] == name], *DECISION)
    return row


def test_progression_decides_pfs(record: Record) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    row = record.response(1, 100, "PD")
    record.death(1, 130)
    assert _endpoint(record, "pfs") == (101, True, "progression", on(100), "measurement", row)
    assert _endpoint(record, "os") == (131, True, "death", on(130), "death", 1)


def test_death_without_progression_decides_pfs(record: Record) -> None:
    record.member(1)
    record.response(1, 50, "SD")
    record.death(1, 300)
    assert _endpoint(record, "pfs") == (301, True, "death", on(300), "death", 1)


def test_on_one_day_the_event_named_first_decides(record: Record) -> None:
    record.member(1)
    row = record.response(1, 100, "PD")
    record.death(1, 100)
    assert _endpoint(record, "pfs") == (101, True, "progression", on(100), "measurement", row)


def test_without_event_pfs_ends_at_the_last_adequate_assessment(record: Record) -> None:
    record.member(1)
    row = record.response(1, 50, "SD")
    record.response(1, 120, "NE")
    record.visit(1, 200)
    assert _endpoint(record, "pfs") == (51, False, "last_adequate_assessment", on(50), "measurement", row)


def test_without_adequate_assessment_pfs_is_one_day(record: Record) -> None:
    record.member(1)
    record.response(1, 120, "NE")
    assert _endpoint(record, "pfs")[:4] == (1, False, "no_adequate_assessment", on(0))


def test_progression_after_new_therapy_is_an_event(record: Record) -> None:
    record.member(1)
    record.drug(1, "delta", 60, 80)
    record.response(1, 100, "PD")
    results = record.results()
    assert rows(results.best_response, "response") == [("NE",)]
    assert _endpoint(record, "pfs")[:4] == (101, True, "progression", on(100))


def test_nothing_after_the_cut_is_an_event_or_a_contact(record: Record) -> None:
    record.member(1)
    row = record.response(1, 50, "SD")
    record.response(1, 100, "PD")
    record.death(1, 100)
    assert _endpoint(record, "pfs", 99) == (51, False, "last_adequate_assessment", on(50), "measurement", row)
    assert _endpoint(record, "os", 99) == (51, False, "last_known_alive", on(50), "measurement", row)
    assert _endpoint(record, "os", 100)[:4] == (101, True, "death", on(100))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("visit_occurrence", {"visit_start_date": on(400), "visit_end_date": on(400)}),
        ("visit_occurrence", {"visit_start_date": on(390), "visit_end_date": on(400)}),
        ("measurement", {"measurement_date": on(400)}),
        ("drug_exposure", {"drug_exposure_start_date": on(400), "drug_exposure_end_date": on(430)}),
        ("condition_occurrence", {"condition_start_date": on(400)}),
        ("procedure_occurrence", {"procedure_date": on(400)}),
        ("observation", {"observation_date": on(400)}),
    ],
)
def test_last_contact_is_in_any_of_these_tables(record: Record, table: str, values: dict[str, object]) -> None:
    record.member(1)
    row = record.insert(table, person_id=1, **values)
    assert _endpoint(record, "os") == (401, False, "last_known_alive", on(400), table, row)


@pytest.mark.parametrize("turn", [1, -1])
def test_of_contacts_of_one_day_the_concept_decides_whatever_their_keys(record: Record, turn: int) -> None:
    record.member(1)
    keys = {concept: record.measurement(1, concept, 400) for concept in (901, 902)[::turn]}
    assert _endpoint(record, "os")[2:] == ("last_known_alive", on(400), "measurement", keys[902])


def test_a_visit_that_ends_after_the_cut_is_a_contact_at_its_start(record: Record) -> None:
    record.member(1)
    record.visit(1, 390, 400)
    assert _endpoint(record, "os", 395)[:4] == (391, False, "last_known_alive", on(390))


def test_cohort_ends_with_death_or_last_contact(record: Record) -> None:
    record.member(1)
    record.death(1, 130)
    record.member(2)
    record.visit(2, 140)
    assert rows(record.results().cohort, "cohort_definition_id", "subject_id", "cohort_end_date") == [
        (7, 1, on(130)),
        (7, 2, on(140)),
    ]
