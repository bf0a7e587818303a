"""Trace: from a resource to its versions and rows, from a row back to file and line, and what waits for whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hospital.nights import Hospital, deletion, drug, medication, patient, visit, weight
from onco_etl import trace, workspace
from onco_registry.cli import app


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """A weight in two versions; a visit that was deleted; a weight whose person never came; a drug era."""
    site = Hospital(tmp_path_factory.mktemp("traced"))
    site.night(patient(), visit(), weight(meta={"versionId": "1"}), drug(), medication(), weight("o2", "p2"))
    site.night("", weight(value=61, meta={"versionId": "2"}), weight("o3", status="final?"))
    site.night(deletion("Encounter/e1"))
    site.folder.joinpath("registry.toml").write_text('data = "data"\n', encoding="utf-8")
    return site


def resource(site: Hospital, name: str) -> dict[str, Any]:
    with workspace.connect(site.settings.data, read_only=True) as con:
        (found,) = trace.resource(con, name)
    return found


def row(site: Hospital, table: str, row_id: int) -> Any:
    with workspace.connect(site.settings.data, read_only=True) as con:
        return trace.row(con, table, row_id)


def test_every_version_received_with_its_place_and_fate(hospital: Hospital) -> None:
    found = resource(hospital, "Observation/o1")
    assert found["resource"] == "main/Observation/o1"
    assert [tuple(version.values()) for version in found["versions"]] == [
        (1, "batch.ndjson", 3, 0, "1", None, "mapped", "rows"),
        (2, "batch.ndjson", 2, 0, "2", None, "mapped", "rows"),
    ]


def test_its_rows_now_and_before(hospital: Hospital) -> None:
    found = resource(hospital, "Observation/o1")
    assert [tuple(kept.values()) for kept in found["rows"]] == [("measurement", 1, "", None, 3)]
    assert [tuple(kept.values()) for kept in found["earlier_rows"]] == [
        ("measurement", 1, "", 1, 2),
        ("measurement", 1, "", 2, 3),
    ]


def test_whom_it_refers_to_and_who_refers_to_it(hospital: Hospital) -> None:
    assert [tuple(kept.values()) for kept in resource(hospital, "Observation/o1")["refers_to"]] == [
        ("encounter", "main/Encounter/e1", False),
        ("subject", "main/Patient/p1", True),
    ]
    assert [tuple(kept.values()) for kept in resource(hospital, "Patient/p1")["referred_by"]] == [
        ("main/MedicationStatement/s1", "subject"),
        ("main/Observation/o1", "subject"),
        ("main/Observation/o3", "subject"),
    ]


def test_what_was_quarantined_says_why(hospital: Hospital) -> None:
    (version,) = resource(hospital, "Observation/o3")["versions"]
    assert (version["line"], version["fate"], version["reason"]) == (3, "quarantined", "invalid-status")


def test_what_waits_for_whom(hospital: Hospital) -> None:
    waits = {
        "waiting_for": "main/Patient/p2",
        "resource": "main/Observation/o2",
        "cdm_tables": ["measurement"],
        "run": 1,
    }
    # Nothing came of this patient, but something refers to it.
    assert resource(hospital, "Patient/p2")["waited_for_by"] == [waits]
    assert resource(hospital, "Patient/p2")["versions"] == []
    assert resource(hospital, "Observation/o2")["waits_for"] == [waits]


def test_a_row_leads_back_to_file_and_line(hospital: Hospital) -> None:
    found = row(hospital, "measurement", 1)
    assert found["resource"] == "main/Observation/o1"
    assert found["version"] == {
        "version_id": "2",
        "last_updated": None,
        "run": 2,
        "file": "batch.ndjson",
        "line": 2,
        "entry": 0,
    }
    assert found["mapping_file"] == "sql/cdm/measurement.sql"
    assert (found["run"]["run"], found["run"]["vocabulary_release"]) == (3, "starter maps")
    assert len(found["run"]["mapping_hash"]) == 64
    assert (found["row"]["value_as_number"], found["row"]["visit_occurrence_id"]) == (61.0, None)
    assert [(kept["value_as_number"], kept["_run_from"], kept["_run_to"]) for kept in found["earlier"]] == [
        (61.0, 2, 3),
        (60.0, 1, 2),
    ]


def test_a_row_that_is_gone_has_its_last_version(hospital: Hospital) -> None:
    found = row(hospital, "visit_occurrence", 1)
    assert (found["resource"], found["row"]["_run_from"], found["row"]["_run_to"]) == ("main/Encounter/e1", 1, 3)
    assert (found["version"]["run"], found["version"]["line"]) == (1, 2)


def test_a_derived_row_leads_to_the_rows_it_derives_from(hospital: Hospital) -> None:
    era = row(hospital, "drug_era", 1)
    assert (era["resource"], era["mapping_file"]) == (None, "sql/derived/drug_era.sql")
    assert era["derived_from"] == [{"cdm_table": "drug_exposure", "row_id": 1}]
    assert row(hospital, "observation_period", 1)["derived_from"] == [
        {"cdm_table": "drug_exposure", "row_id": 1},
        {"cdm_table": "measurement", "row_id": 1},
    ]


def test_what_is_not_there(hospital: Hospital) -> None:
    assert row(hospital, "measurement", 99) is None
    with workspace.connect(hospital.settings.data, read_only=True) as con:
        assert trace.resource(con, "Patient/nobody") == []
        assert trace.resource(con, "main/Patient/p1") == trace.resource(con, "Patient/p1") != []
        assert trace.resource(con, "elsewhere/Patient/p1") == []


def command(site: Hospital, *arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments, "--config", str(site.folder / "registry.toml")])


def test_the_commands_print_json_and_tables(hospital: Hospital) -> None:
    (found,) = json.loads(command(hospital, "trace", "Patient/p1", "--json").stdout)
    assert found["resource"] == "main/Patient/p1"
    assert json.loads(command(hospital, "trace", "person", "1", "--json").stdout)["resource"] == "main/Patient/p1"
    assert "main/Observation/o1" in command(hospital, "trace", "measurement", "1").stdout
    assert [found["resource"] for found in json.loads(command(hospital, "waiting", "--json").stdout)] == [
        "main/Observation/o2"
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("trace", "Patient/nobody"), "no such resource was received"),
        (("trace", "measurement", "99"), "no run made such a row"),
        (("trace", "Patient/p1", "1"), "no CDM table 'Patient/p1'"),
    ],
)
def test_what_is_not_there_is_said(hospital: Hospital, arguments: tuple[str, ...], error: str) -> None:
    assert error in str(command(hospital, *arguments).exception)


def test_quarantine_show_of_a_bundle_shows_the_entry(tmp_path: Path) -> None:
    site = Hospital(tmp_path)
    site.folder.joinpath("registry.toml").write_text('data = "data"\n', encoding="utf-8")
    wrong = patient("p9", gender="man")
    site.night({"resourceType": "Bundle", "entry": [{"resource": patient()}, {"resource": wrong}]})
    shown = command(site, "quarantine", "show", "1", "batch.ndjson", "1").stdout
    assert json.loads(shown) == {"resource": wrong}
    assert command(site, "quarantine", "show", "1", "batch.ndjson", "1", "2").stdout == shown
    assert "is in quarantine" in str(command(site, "quarantine", "show", "1", "batch.ndjson", "1", "1").exception)
