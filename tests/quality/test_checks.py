"""Each declared check is made to fail by a planted defect; the counts are literal."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from onco_etl import quality
from onco_etl.quality_checks import declared

Found = dict[tuple[str, str], tuple[int, int, str]]

INSERT_LINE = "INSERT INTO state.run (run, kind, status) VALUES (4, 'sync', 'failed')"
WEIGHT = "measurement_concept_id = 0"

# Check -> (the defect, {table.field: (rows examined, violations, status)}).
PLANTED: dict[str, tuple[str, dict[str, tuple[int, int, str]]]] = {
    "required_field": (
        "ALTER TABLE cdm.observation ALTER observation_date DROP NOT NULL;"
        "UPDATE cdm.observation SET observation_date = NULL WHERE observation_id = 1",
        {"observation.observation_date": (3, 1, "fail")},
    ),
    "text_length": (
        "UPDATE cdm.measurement SET measurement_source_value = repeat('肿', 51) WHERE measurement_id = 1",
        {"measurement.measurement_source_value": (6, 1, "fail")},
    ),
    "text_nul": (
        f"UPDATE cdm.measurement SET unit_source_value = 'k' || chr(0) WHERE {WEIGHT}",
        {"measurement.unit_source_value": (5, 1, "fail")},
    ),
    "unique_key": (
        "UPDATE cdm.measurement SET measurement_id = 1 WHERE measurement_id = 2",
        {"measurement.measurement_id": (6, 1, "fail")},
    ),
    "foreign_key": (
        "UPDATE cdm.measurement SET visit_occurrence_id = 99 WHERE measurement_id < 3",
        {"measurement.visit_occurrence_id": (6, 2, "fail")},
    ),
    "event_reference": (
        "UPDATE cdm.observation SET observation_event_id = 99 WHERE observation_id = 2",
        {"observation.observation_event_id": (3, 1, "fail")},
    ),
    "concept_exists": (
        "UPDATE cdm.measurement SET measurement_concept_id = 1 WHERE measurement_id = 4",
        {"measurement.measurement_concept_id": (6, 1, "fail")},
    ),
    "concept_domain": (
        "UPDATE cdm.concept SET domain_id = 'Device' WHERE concept_id = 3006923",
        {"measurement.measurement_concept_id": (5, 1, "fail")},
    ),
    "standard_concept": (
        "UPDATE cdm.concept SET standard_concept = NULL WHERE concept_id = 3013721",
        {"measurement.measurement_concept_id": (5, 1, "fail")},
    ),
    "key_known": (
        "UPDATE cdm.measurement SET _row_id = 99 WHERE measurement_id = 4",
        {"measurement.": (6, 1, "fail")},
    ),
    "key_reused": (
        "UPDATE keys.measurement SET id = 1 WHERE id = 2; UPDATE keys.location SET id = 0",
        {"measurement.": (6, 1, "fail"), "location.": (1, 1, "fail")},
    ),
    "fates_counted": (
        "UPDATE state.ledger SET fate = NULL WHERE run = 1 AND line IN (1, 2); DELETE FROM state.ledger WHERE run = 3",
        {".": (17, 3, "fail")},
    ),
    "reason_documented": ("UPDATE state.ledger SET reason = 'lost' WHERE run = 2", {".": (17, 3, "fail")}),
    "lines_accounted": ("DELETE FROM state.ledger WHERE run = 3", {".": (1, 1, "fail")}),
    "last_run_complete": (INSERT_LINE, {".": (4, 1, "fail")}),
    "row_has_resource": (
        "UPDATE state.resource SET deleted = true WHERE resource = 'main/Observation/alt'",
        {"measurement.": (6, 1, "fail")},
    ),
    "row_has_run": (
        "UPDATE cdm.measurement SET _run_from = 4 WHERE measurement_id = 4",
        {"measurement.": (6, 1, "fail")},
    ),
    "row_has_mapping": (
        "INSERT INTO cdm.note_nlp BY NAME SELECT 1 AS note_nlp_id, 1 AS note_id, '' AS lexical_variant, "
        "DATE '2021-03-01' AS nlp_date, 1 AS _row_id, 1 AS _run_from",
        {"note_nlp.": (1, 1, "fail")},
    ),
    "resource_has_rows": ("DELETE FROM cdm.measurement WHERE measurement_id < 3", {".": (14, 2, "fail")}),
    "concept_mapped": (
        "UPDATE cdm.visit_occurrence SET visit_concept_id = 0 WHERE visit_occurrence_id = 1",
        {"visit_occurrence.visit_concept_id": (2, 1, "warn")},
    ),
    "unit_of_number": (
        "UPDATE cdm.measurement SET unit_concept_id = NULL WHERE measurement_id = 1",
        {"measurement.value_as_number": (6, 2, "warn")},
    ),
    "unit_mapped": (
        "UPDATE cdm.measurement SET unit_concept_id = 0 WHERE measurement_id = 1",
        {"measurement.unit_concept_id": (5, 1, "warn")},
    ),
    "row_count": (
        "INSERT INTO history.measurement SELECT *, 3 FROM cdm.measurement WHERE measurement_id < 3;"
        "DELETE FROM cdm.measurement WHERE measurement_id < 3",
        {"measurement.": (6, 2, "warn")},
    ),
    "after_birth": (
        "UPDATE cdm.condition_occurrence SET condition_start_date = '1970-02-02' WHERE condition_occurrence_id = 1",
        {"condition_occurrence.condition_start_date": (2, 1, "fail")},
    ),
    "before_death": (
        "UPDATE cdm.measurement SET measurement_date = '2021-08-01' WHERE person_id = 2",
        {"measurement.measurement_date": (1, 1, "fail")},
    ),
    "start_before_end": (
        "UPDATE cdm.visit_occurrence SET visit_end_date = '2021-02-28' WHERE visit_occurrence_id = 1",
        {"visit_occurrence.visit_start_date": (2, 1, "fail")},
    ),
    "within_period": (
        "UPDATE cdm.observation_period SET observation_period_end_date = '2021-03-02' WHERE person_id = 1;"
        "DELETE FROM cdm.observation_period WHERE person_id = 2",
        {
            "visit_occurrence.visit_start_date": (2, 1, "fail"),
            "condition_occurrence.condition_start_date": (2, 1, "fail"),
            "measurement.measurement_date": (6, 1, "fail"),
            "observation.observation_date": (3, 3, "fail"),
            "condition_era.condition_era_start_date": (2, 1, "fail"),
        },
    ),
    "within_visit": (
        "UPDATE cdm.visit_occurrence SET visit_start_date = '2021-03-09', visit_end_date = '2021-03-09' "
        "WHERE visit_occurrence_id = 1",
        {"measurement.measurement_date": (6, 6, "warn")},
    ),
    "not_in_future": (
        "UPDATE cdm.measurement SET measurement_date = current_date + 2 WHERE measurement_id = 1",
        {"measurement.measurement_date": (6, 1, "warn")},
    ),
    "year_of_birth": (
        "UPDATE cdm.person SET year_of_birth = 1849 WHERE person_id = 1",
        {"person.year_of_birth": (2, 1, "fail")},
    ),
    "not_negative": (
        "UPDATE cdm.drug_exposure SET quantity = -1 WHERE quantity = 14",
        {"drug_exposure.quantity": (1, 1, "warn")},
    ),
    "duplicate_row": (
        "INSERT INTO cdm.measurement SELECT * REPLACE (99 AS measurement_id) FROM cdm.measurement WHERE person_id = 2",
        {"measurement.": (7, 1, "warn")},
    ),
    "ecog_value": (
        "UPDATE cdm.measurement SET value_as_number = 6 WHERE measurement_concept_id = 36305384",
        {"measurement.value_as_number": (1, 1, "fail")},
    ),
    "diameter_value": (
        "UPDATE cdm.measurement SET value_as_number = 1001 WHERE measurement_concept_id = 3046581",
        {"measurement.value_as_number": (1, 1, "fail")},
    ),
    "diameter_unit": (
        "UPDATE cdm.measurement SET unit_concept_id = 9529 WHERE measurement_concept_id = 3046581",
        {"measurement.unit_concept_id": (1, 1, "fail")},
    ),
    "lesion_sum_value": (
        "UPDATE cdm.measurement SET value_as_number = -1 WHERE measurement_concept_id = 2000000010",
        {"measurement.value_as_number": (1, 1, "fail")},
    ),
    "lesion_sum_unit": (
        "UPDATE cdm.measurement SET unit_concept_id = NULL WHERE measurement_concept_id = 2000000010",
        {"measurement.unit_concept_id": (1, 1, "fail")},
    ),
    "alt_value": (
        "UPDATE cdm.measurement SET value_as_number = -1 WHERE measurement_concept_id = 3006923",
        {"measurement.value_as_number": (1, 1, "warn")},
    ),
    "ast_value": (
        "UPDATE cdm.measurement SET value_as_number = -1 WHERE measurement_concept_id = 3013721",
        {"measurement.value_as_number": (1, 1, "warn")},
    ),
    "ae_grade_value": (
        "UPDATE cdm.observation SET value_as_number = 6 WHERE observation_concept_id = 2000000050",
        {"observation.value_as_number": (1, 1, "fail")},
    ),
}
# The weight of the second person has a code that no map knows, and a performance status has no unit.
CLEAN = {
    ("concept_mapped", "measurement.measurement_concept_id"): (6, 1, "warn"),
    ("unit_of_number", "measurement.value_as_number"): (6, 1, "pass"),
}


def violated(con: duckdb.DuckDBPyConnection, data: Path) -> Found:
    """(check, table.field) -> (rows examined, violations, status), where there are violations."""
    return {
        (result.check, f"{result.cdm_table}.{result.field}"): (result.examined, result.violations, result.status)
        for result in quality.run(con, data)
        if result.violations
    }


def test_every_declared_check_is_planted() -> None:
    assert sorted(PLANTED) == sorted(check.name for check in declared())


def test_a_clean_workspace_has_no_other_violations(con: duckdb.DuckDBPyConnection, data: Path) -> None:
    assert violated(con, data) == CLEAN


def test_every_check_has_rows_to_look_at(con: duckdb.DuckDBPyConnection, data: Path) -> None:
    applied = {result.check for result in quality.run(con, data) if result.status != "not applicable"}
    assert applied == set(PLANTED)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_defect_is_found(con: duckdb.DuckDBPyConnection, data: Path, name: str) -> None:
    defect, expected = PLANTED[name]
    con.execute(defect)
    found = violated(con, data)
    assert {place: counts for (check, place), counts in found.items() if check == name} == expected | {
        place: counts for (check, place), counts in CLEAN.items() if check == name and place not in expected
    }


def test_a_gap_between_two_observation_periods(con: duckdb.DuckDBPyConnection, data: Path) -> None:
    con.execute(
        """
        UPDATE cdm.observation_period SET observation_period_end_date = '2021-03-02' WHERE person_id = 1;
        INSERT INTO cdm.observation_period BY NAME
        SELECT * REPLACE (9 AS observation_period_id, DATE '2021-03-05' AS observation_period_start_date,
            DATE '2021-03-10' AS observation_period_end_date)
        FROM cdm.observation_period WHERE person_id = 1
        """
    )
    found = violated(con, data)
    assert found["within_period", "observation.observation_date"] == (3, 3, "fail")
    assert ("within_period", "measurement.measurement_date") not in found


def test_the_declared_values_are_from_the_documented_lists() -> None:
    assert {check.category for check in declared()} == {"conformance", "completeness", "plausibility"}
    assert {check.severity for check in declared()} <= {"fatal", "error", "warning", "info"}
    assert all(check.description and check.source for check in declared())
    assert all(bool(check.sql) != bool(check.violation) for check in declared())
