"""As known at run N: the tables that the workspace rebuilds are those that were published that night, row for row."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hospital.nights import Hospital, about, adverse_event, deletion, drug, medication, patient, visit, weight
from onco_etl import cdm, history, workspace

# What is known of the source is told of the newest run only.
TABLES = [table for table in workspace.CLINICAL_TABLES if table not in ("cdm_source", "metadata")]
NIGHTS = 6


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """Nights with updates, deletions, a remap, a death, a late person, and the deleted coming back."""
    site = Hospital(tmp_path_factory.mktemp("hospital"))
    site.night(patient(), visit(), weight(), drug(), medication(), adverse_event(), weight("o2", "p2"))
    site.night(weight(value=61, meta={"versionId": "2"}), medication("1547545"), patient("p2", birthDate="1980"))
    site.settings = replace(site.settings, timezone="UTC")
    site.night(patient(deceasedDateTime="2021-03-31T20:00:00Z"), deletion("Encounter/e1"))
    site.settings = replace(site.settings, timezone="Asia/Shanghai")
    site.night(weight("o2", "p2", 70, status="entered-in-error"), adverse_event(date="2021-03-05"))
    site.night(deletion("Patient/p1", "Patient/p2"))
    site.night(patient(), visit(), patient("p2", birthDate="1980"))
    return site


@pytest.mark.parametrize("run", range(1, NIGHTS + 1))
def test_the_tables_of_a_night_can_be_queried_again(hospital: Hospital, run: int) -> None:
    counts = Counter[str]()
    for table in TABLES:
        names = ", ".join(f'"{name}"' for name in cdm.columns(table))
        published = hospital.published(f"SELECT {names} FROM cdm.{table} ORDER BY ALL", run)
        known = history.as_known("workspace", table, run)
        assert hospital.workspace(f"SELECT {names} FROM ({known}) ORDER BY ALL") == published, table
        counts[table] = len(published)
    assert (counts["person"], counts["measurement"], counts["death"], counts["drug_era"]) == {
        1: (1, 1, 0, 1),
        2: (2, 2, 0, 1),
        3: (2, 2, 1, 1),
        4: (2, 1, 1, 1),
        5: (0, 0, 0, 0),
        6: (2, 1, 0, 1),
    }[run]


@pytest.mark.parametrize("run", range(1, NIGHTS + 1))
def test_so_can_their_lineage(hospital: Hospital, run: int) -> None:
    known = " UNION ALL ".join(
        f"SELECT '{table}' AS cdm_table, _row_id, _resource_key, _slot, _derivation, _run_from "
        f"FROM ({history.as_known('workspace', table, run)})"
        for table in TABLES
    )
    published = "SELECT cdm_table, row_id, resource_key, slot, derivation, run_from FROM registry.lineage ORDER BY ALL"
    assert hospital.workspace(f"FROM ({known}) ORDER BY ALL") == hospital.published(published, run)


@pytest.mark.parametrize("run", range(1, NIGHTS + 1))
def test_and_the_versions_that_the_rows_stand_for(hospital: Hospital, run: int) -> None:
    published = "SELECT DISTINCT resource_key, resource_type, version_no, received_run FROM registry.provenance"
    published = f"FROM ({published}) WHERE resource_key IS NOT NULL ORDER BY ALL"
    rows = " UNION ALL ".join(
        f"SELECT _resource_key FROM ({history.as_known('workspace', table, run)})" for table in TABLES
    )
    known = f"""
        SELECT resource_key, resource_type, version_id::INTEGER, run
        FROM ({history.versions_known("workspace", run)})
        WHERE resource_key IN (SELECT _resource_key FROM ({rows})) ORDER BY ALL
    """
    assert hospital.workspace(known) == hospital.published(published, run)


def test_the_runs_and_days_since_which_rows_were_known(hospital: Hospital) -> None:
    with workspace.connect(hospital.settings.data) as con:
        history.attach(con, 4)
        runs = (
            "SELECT cdm_table, run FROM known.lineage.row_run WHERE cdm_table IN ('death', 'person', 'drug_exposure')"
        )
        days = con.execute("SELECT run, is_first_load, run_date FROM known.lineage.run_day ORDER BY run").fetchall()
        found = Counter(con.execute(runs).fetchall())
        started = dict(con.execute("SELECT run, timezone('Asia/Shanghai', started)::DATE FROM state.run").fetchall())
    # The death came with run 3; run 4, which is of another time zone, moved it to another day.
    assert {run for table, run in found if table == "death"} == {3, 4}
    # That of the drug came with run 1, and in run 2 the medication that it refers to was another.
    assert {run for table, run in found if table == "drug_exposure"} == {1, 2}
    assert days == [(run, run == 1, started[run]) for run in range(1, 5)]


def test_the_ends_that_were_derived_from_nothing(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    anlotinib = {"medicationCodeableConcept": {"text": "安罗替尼"}, **about()}
    request = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", **anlotinib}
    until = {"dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": {"end": "2021-03-20"}}}}]}
    inpatient = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    stay: dict[str, Any] = {"class": inpatient, "status": "in-progress"}
    site.night(
        patient(),
        {**request, "id": "r1", "authoredOn": "2021-03-02"},
        {**request, "id": "r2", "authoredOn": "2021-03-03", **until},
        visit("e2", **stay, period={"start": "2021-03-02"}),
        visit("e3", **stay, period={"start": "2021-03-03", "end": "2021-03-05"}),
    )
    with workspace.connect(site.settings.data) as con:
        history.attach(con, 1)
        for table, start, key, derived in (
            ("drug_exposure", "drug_exposure_start_date", "drug_exposure_id", "guessed_end"),
            ("visit_occurrence", "visit_start_date", "visit_occurrence_id", "open_stay"),
        ):
            found = con.execute(
                f"SELECT {start}::VARCHAR FROM known.cdm.{table} SEMI JOIN known.lineage.{derived} USING ({key})"
            ).fetchall()
            assert found == [("2021-03-02",)]


def test_a_published_row_leads_to_version_run_file_and_vocabulary(hospital: Hospital) -> None:
    found = hospital.published(
        """
        SELECT p.resource_type, p.version_no, p.received_run, p.run_from, p.mapping_file, p.vocabulary_release,
            p.mapping_hash = n.mapping_hash
        FROM registry.provenance AS p JOIN registry.runs AS n ON n.run = 6
        JOIN cdm.measurement AS m ON p.cdm_table = 'measurement' AND p.row_id = m.measurement_id
        """
    )
    assert found == [("Observation", 2, 2, 6, "sql/cdm/measurement.sql", "starter maps", True)]


def test_rows_without_a_number_of_their_own_are_named_too(hospital: Hospital) -> None:
    found = hospital.published(
        """
        SELECT d.person_id, d.death_date::VARCHAR, p.resource_type, p.mapping_file
        FROM registry.death_row AS d JOIN registry.provenance AS p ON p.cdm_table = 'death' AND p.row_id = d.row_id
        """,
        4,
    )
    assert found == [(1, "2021-04-01", "Patient", "sql/cdm/death.sql")]


def test_derived_rows_say_which_select_made_them(hospital: Hospital) -> None:
    found = hospital.published(
        "SELECT DISTINCT mapping_file FROM registry.provenance WHERE resource_key IS NULL ORDER BY 1"
    )
    assert found == [
        ("sql/derived/condition_era.sql",),
        ("sql/derived/drug_era.sql",),
        ("sql/derived/observation_period.sql",),
    ]


def test_a_version_id_that_may_be_a_number_of_a_person_is_not_published(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    site.night(patient(meta={"versionId": "13812345678"}), patient("p2", meta={"versionId": "17"}))
    assert site.published("SELECT version_no FROM registry.resource ORDER BY ALL") == [(17,), (None,)]
    site.night(patient("p2", meta={"versionId": "18"}))
    assert site.published("SELECT version_no, received_run FROM registry.resource WHERE version_no > 0") == [(18, 1)]
