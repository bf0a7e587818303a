"""Adverse events: what makes one, the treatment-emergent window, worst grades, related events."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record, on, rows
from outcomes.safety_record import said


def test_one_row_per_patient_and_term_with_the_worst_grade(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "tired", 10, 1, related=True)
    worst = record.adverse_event(1, "tired", 30, 3, related=False)
    record.adverse_event(1, "tired", 40, 3)
    other = record.adverse_event(1, "inflamed", 5, 2, related=True)
    events = record.relation("adverse_event")
    columns = ("term", "worst_grade", "related", "worst_related_grade", "onset_date", "cdm_row_id")
    assert rows(events, *columns) == [
        ("Inflamed", 2, True, 2, on(5), other),
        ("Tired", 3, True, 1, on(10), worst),
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_events_of_one_day_and_grade_the_concept_decides_whatever_their_keys(record: Record, turn: int) -> None:
    record.member(1)
    keys = {}
    for concept in (601, 602)[::turn]:
        keys[concept] = record.adverse_event(1, "unmapped", 10, 2)
        record.con.execute(
            "UPDATE cdm.condition_occurrence SET condition_concept_id = $1 WHERE condition_occurrence_id = $2",
            [concept, keys[concept]],
        )
    events = record.relation("adverse_event")
    assert rows(events, "term", "term_concept_id", "cdm_row_id") == [("unmapped", 601, keys[601])]


@pytest.mark.parametrize("grade", [float("nan"), 1e12, 6])
def test_an_absurd_grade_is_no_grade(record: Record, grade: float) -> None:
    record.member(1)
    row = record.condition(1, 501, 10)
    said(record, 1, row, 400, value_as_number=grade)
    assert rows(record.relation("adverse_event"), "term", "worst_grade") == [("Tired", None)]


@pytest.mark.parametrize(
    ("suspects", "related"),
    [
        # The concept of the suspect, and whether it is judged related: alpha and beta are components, gamma is none.
        ({101: True}, True),
        ({102: True}, True),
        ({121: True}, False),
        ({101: False, 121: True}, False),
        ({101: True, 121: False}, True),
        # Not coded, or not said.
        ({0: True}, True),
        ({None: True}, True),
    ],
)
def test_related_to_another_drug_is_not_related_to_the_treatment(
    record: Record, suspects: dict[int | None, bool], related: bool
) -> None:
    record.member(1)
    row = record.adverse_event(1, "tired", 10, 3)
    for drug, judged in suspects.items():
        said(record, 1, row, 410, value_as_concept_id=411 if judged else 412, qualifier_concept_id=drug)
    found = rows(record.relation("adverse_event"), "term", "worst_grade", "related", "worst_related_grade")
    assert found == [("Tired", 3, related, 3 if related else None)]


def test_an_event_may_stand_in_any_table_that_is_declared(
    tables: duckdb.DuckDBPyConnection, amended: Callable[..., RegistryDefinition]
) -> None:
    fields = {"condition_occurrence": 1147127, "procedure_occurrence": 1147082, "observation": 0}
    declared = ", ".join(f"{table}: {field}" for table, field in fields.items())
    record = Record(tables, amended(("event_fields: {condition_occurrence: 1147127}", f"event_fields: {{{declared}}}")))
    record.member(1)
    terms = {
        "observation": record.insert("observation", person_id=1, observation_concept_id=501, observation_date=on(10)),
        "procedure_occurrence": record.procedure(1, 12, 502),
    }
    for table, row in terms.items():
        said(record, 1, row, 400, fields[table], value_as_concept_id=402)
    assert rows(record.relation("adverse_event"), "term", "worst_grade", "cdm_table") == [
        ("Inflamed", 2, "procedure_occurrence"),
        ("Tired", 2, "observation"),
    ]


def test_a_procedure_that_ended_before_treatment_begins_anew(
    tables: duckdb.DuckDBPyConnection, amended: Callable[..., RegistryDefinition]
) -> None:
    fields = "event_fields: {condition_occurrence: 1147127"
    record = Record(tables, amended((fields, f"{fields}, procedure_occurrence: 1147082")))
    record.member(1)
    for start, end in ((-40, -30), (10, 12)):
        row = record.insert(
            "procedure_occurrence",
            person_id=1,
            procedure_concept_id=501,
            procedure_date=on(start),
            procedure_end_date=on(end),
        )
        said(record, 1, row, 400, 1147082, value_as_concept_id=402)
    assert rows(record.relation("adverse_event"), "emergence", "onset_date") == [("new", on(10))]


def test_a_condition_without_attribute_is_no_adverse_event(record: Record) -> None:
    record.member(1)
    record.condition(1, 501, 10)
    record.adverse_event(1, "unlabelled", 10, related=True)
    record.adverse_event(1, "unmapped", 10, 2)
    record.con.execute(
        "INSERT INTO cdm.concept VALUES (503, 'Named by the vocabulary', 'Condition', 'SNOMED', 'Disorder', 'S', '1',"
        " '1970-01-01', '2099-12-31', NULL)"
    )
    assert rows(record.relation("adverse_event"), "term_concept_id", "term", "worst_grade", "related") == [
        (503, "Named by the vocabulary", None, True),
        (0, "unmapped", 2, False),
    ]


@pytest.mark.parametrize(
    ("term", "day", "serious", "counted"),
    [
        ("tired", -1, None, False),
        ("tired", 0, None, True),
        # The last dose is on day 100: 30 days after it, 90 if serious or immune-related.
        ("tired", 130, None, True),
        ("tired", 131, None, False),
        ("tired", 190, True, True),
        ("tired", 191, True, False),
        ("tired", 131, False, False),
        ("inflamed", 190, None, True),
        ("inflamed", 191, None, False),
    ],
)
def test_treatment_emergent_window(record: Record, term: str, day: int, serious: bool | None, counted: bool) -> None:
    record.member(1)
    record.adverse_event(1, term, day, 2, serious=serious)
    assert len(record.relation("adverse_event")) == int(counted)


def test_the_window_opens_with_the_first_component(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", -20, 100)
    record.drug(1, "beta", 0)
    record.adverse_event(1, "tired", -20, 1)
    assert len(record.relation("adverse_event")) == 1


@pytest.mark.parametrize(("day", "counted"), [(109, True), (110, False)])
def test_new_therapy_closes_the_window(record: Record, day: int, counted: bool) -> None:
    record.member(1)
    record.drug(1, "delta", 110, 130)
    record.adverse_event(1, "tired", day, 2)
    assert len(record.relation("adverse_event")) == int(counted)


def test_tables_and_estimates(record: Record) -> None:
    for person in range(1, 5):
        record.member(person)
    record.adverse_event(1, "tired", 10, 3, related=True)
    record.adverse_event(1, "inflamed", 10, 1, related=True)
    record.adverse_event(2, "tired", 10, 4, related=False)
    record.adverse_event(2, "tired", 20, 2, related=True)
    record.adverse_event(3, "tired", 10, serious=False)  # an event without grade
    results = record.results()
    assert rows(results.ae_table, "term", "related_only", "grade", "x", "n") == [
        ("Inflamed", False, 1, 1, 4),
        ("Tired", False, 3, 1, 4),
        ("Tired", False, 4, 1, 4),
        ("Inflamed", True, 1, 1, 4),
        ("Tired", True, 2, 1, 4),
        ("Tired", True, 3, 1, 4),
    ]
    estimates = results.estimate[results.estimate["measure"].str.startswith("ae_")]
    assert rows(estimates.head(18), "measure", "x", "n") == [
        ("ae_any", 3, 4),
        ("ae_grade_1_2", 0, 4),
        ("ae_grade_3_4", 2, 4),
        ("ae_grade_5", 0, 4),
        ("ae_term:Tired", 3, 4),
        ("ae_term:Inflamed", 1, 4),
        ("ae_related", 2, 4),
        ("ae_grade_1_2_related", 1, 4),
        ("ae_grade_3_4_related", 1, 4),
        ("ae_grade_5_related", 0, 4),
        ("ae_term_related:Tired", 2, 4),
        ("ae_term_related:Inflamed", 1, 4),
        ("ae_group:immune", 1, 4),
        ("ae_group_related:immune", 1, 4),
        ("ae_group:inflamed_or_tired", 3, 4),
        ("ae_group_related:inflamed_or_tired", 2, 4),
        ("ae_group:never", 0, 4),
        ("ae_group_related:never", 0, 4),
    ]
    assert ("adverse_event_records_with_grade", 4, 5) in rows(results.completeness, "item", "x", "n")


def test_a_grade_may_be_a_number(record: Record) -> None:
    record.member(1)
    row = record.condition(1, 501, 10)
    said(record, 1, row, 400, value_as_number=4)
    assert rows(record.relation("adverse_event"), "worst_grade") == [(4,)]
