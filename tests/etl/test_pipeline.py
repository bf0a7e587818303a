"""Whole runs: what arrives is accounted for, what changes is replaced, what stays is left alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from structlog.testing import capture_logs

from etl.site import Resource, Site, patient, visit, weight
from onco_etl import mapping, merge, pipeline
from onco_etl.errors import InputError, MappingError, StateError
from onco_etl.settings import EtlSettings


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_night_maps_and_publishes(site: Site) -> None:
    assert site.night(patient(), visit(), weight()) == {"mapped": 3}
    assert site.rows() == [(1970, "2021-03-01", 60.0)]
    assert site.published("SELECT observation_period_start_date::VARCHAR FROM cdm.observation_period") == [
        ("2021-03-01",)
    ]


def test_the_same_batch_twice_changes_nothing(site: Site) -> None:
    site.night(patient(), visit(), weight())
    before = site.published("FROM registry.lineage ORDER BY ALL")
    assert site.night(patient(), visit(), weight()) == {"unchanged": 3}
    assert site.published("FROM registry.lineage ORDER BY ALL") == before
    assert site.workspace("SELECT count(*) FROM history.measurement") == [(0,)]


def test_a_changed_resource_replaces_its_rows_and_the_old_are_history(site: Site) -> None:
    site.night(patient(), visit(), weight())
    (key,) = site.published("SELECT measurement_id FROM cdm.measurement")
    assert site.night(weight(value=61.5)) == {"mapped": 1}
    assert site.published("SELECT measurement_id, value_as_number FROM cdm.measurement") == [(*key, 61.5)]
    assert site.workspace("SELECT value_as_number, _run_from, _run_to FROM history.measurement") == [(60.0, 1, 2)]


def test_an_older_version_that_comes_late_is_superseded(site: Site) -> None:
    newer = weight(value=62.0, meta={"versionId": "2", "lastUpdated": "2021-03-02T00:00:00Z"})
    older = weight(value=60.0, meta={"versionId": "1", "lastUpdated": "2021-03-01T00:00:00Z"})
    site.night(patient(), visit(), newer)
    assert site.night(older) == {"superseded": 1}
    assert site.rows() == [(1970, "2021-03-01", 62.0)]


def test_an_undated_deletion_takes_away_only_what_came_before_it(site: Site) -> None:
    entry = {"request": {"method": "DELETE", "url": "Observation/o1"}}
    deletion = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    site.night(patient(), weight(meta={"lastUpdated": "2021-03-01T00:00:00Z"}))
    again = weight(value=70.0, meta={"lastUpdated": "2021-03-02T00:00:00Z"})
    assert site.night(deletion, again) == {"mapped": 1, "superseded": 1}
    assert site.night(weight(value=80.0, meta={"lastUpdated": "2021-03-03T00:00:00Z"}), deletion) == {
        "deleted": 1,
        "superseded": 1,
    }
    assert site.rows() == []


def test_two_versions_in_one_batch_leave_the_newer(site: Site) -> None:
    newer = weight(value=62.0, meta={"versionId": "10"})
    older = weight(value=60.0, meta={"versionId": "9"})
    assert site.night(patient(), newer, older) == {"mapped": 2, "superseded": 1}
    assert site.rows() == [(1970, None, 62.0)]


def test_a_row_waits_for_its_person_and_an_unknown_visit_is_null(site: Site) -> None:
    assert site.night(weight()) == {"waiting": 1}
    assert site.rows() == []
    assert site.night(patient()) == {"mapped": 1}
    assert site.rows() == [(1970, None, 60.0)]
    assert site.workspace("SELECT fate, reason FROM state.ledger WHERE run = 1") == [("mapped", "rows")]
    site.night(visit())
    assert site.rows() == [(1970, "2021-03-01", 60.0)]


def test_entered_in_error_removes_the_rows(site: Site) -> None:
    site.night(patient(), visit(), weight())
    assert site.night(weight(status="entered-in-error")) == {"excluded": 1}
    assert site.rows() == []


def test_a_deleted_patient_takes_dependents_along_and_brings_them_back(site: Site) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": "Patient/p1"}}],
    }
    site.night(patient(), visit(), weight())
    assert site.night(bundle) == {"deleted": 1}
    assert site.published("SELECT count(*) FROM cdm.person") == [(0,)]
    assert site.rows() == []
    site.night(patient())
    assert site.rows() == [(1970, "2021-03-01", 60.0)]


def deletion(url: str, **more: Any) -> Resource:
    return {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [{"request": {"method": "DELETE", "url": url}, **more}],
    }


def test_a_dated_deletion_is_newer_than_the_versions_before_it(site: Site) -> None:
    old, new = ({"lastUpdated": f"{year}-01-01T00:00:00Z"} for year in (2022, 2024))
    site.night(patient(meta=old), weight(meta=old))
    modified = {"response": {"lastModified": "2023-01-01T00:00:00Z"}}
    assert site.night(deletion("http://example.org/fhir/Observation/o1", **modified)) == {"deleted": 1}
    assert site.rows() == []
    assert site.night(weight(meta=old)) == {"superseded": 1}
    assert site.night(weight(meta=new)) == {"mapped": 1}
    assert site.rows() == [(1970, None, 60.0)]


def test_a_deletion_without_a_date_happens_when_it_is_received(site: Site) -> None:
    site.night(patient(), weight(meta={"lastUpdated": "2022-01-01T00:00:00Z"}))
    assert site.night(deletion("Observation/o1")) == {"deleted": 1}
    assert site.rows() == []


def test_a_deletion_of_what_is_not_mapped(site: Site) -> None:
    assert site.night(deletion("CarePlan/1")) == {"unsupported": 1}


def test_a_version_that_waits_is_superseded_by_the_next(site: Site) -> None:
    site.night(weight())
    site.night(weight(value=61.0))
    site.night(patient())
    assert site.workspace("SELECT run, fate FROM state.ledger ORDER BY run") == [
        (1, "superseded"),
        (2, "mapped"),
        (3, "mapped"),
    ]


def test_an_open_stay_ends_on_the_date_of_each_night(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ward = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"}
    stay = visit(status="in-progress", period={"start": "2021-03-01"}) | {"class": ward}
    end = "SELECT visit_end_date::VARCHAR FROM cdm.visit_occurrence"
    for day in ("2021-03-05", "2021-03-09"):
        with monkeypatch.context() as patched:
            patched.setattr(mapping, "today", lambda _, day=day: date.fromisoformat(day))
            site.night(patient(), stay)
        assert site.published(end) == [(day,)]


@pytest.mark.parametrize(
    "wrong",
    [{"id": "a#b"}, {"id": "a/b"}, {"id": "a b"}, {"id": "x" * 129}, {"id": ""}, {"valueQuantity": {"value": 1e400}}],
)
def test_ids_and_numbers_that_fhir_does_not_have(site: Site, wrong: Resource) -> None:
    line = json.dumps({**weight(), **wrong}).replace("Infinity", "1e400")
    assert site.night(patient(), line) == {"mapped": 1, "quarantined": 1}


def test_deltas_leave_the_rows_of_one_full_load(tmp_path: Path) -> None:
    final = [patient(), patient("p2", birthDate="1980"), visit(), weight(value=61.0), weight("o2", "p2", 70.0)]
    by_night, at_once = tmp_path / "by_night", tmp_path / "at_once"
    by_night.mkdir()
    at_once.mkdir()
    delta, full = Site(by_night), Site(at_once)
    delta.night(weight("o2", "p2", 70.0), weight(), visit(status="planned"))
    delta.night(patient(), weight(value=61.0))
    delta.night(patient("p2", birthDate="1980"), visit())
    full.night(*final)
    assert delta.rows() == full.rows() == [(1970, "2021-03-01", 61.0), (1980, "2021-03-01", 70.0)]


def test_every_line_ends_with_one_fate(site: Site) -> None:
    fates = site.night(
        patient(),
        weight(status="preliminary"),
        weight("o2", "nobody"),
        '{"resourceType": "Device", "id": "d1"}',
        '{"resourceType": "Observation"}',
        "{broken",
        weight("o3", effectiveDateTime=None),
    )
    assert fates == {"excluded": 1, "mapped": 1, "quarantined": 3, "unsupported": 1, "waiting": 1}
    assert site.workspace("SELECT line, resource_type, reason, element FROM state.quarantine ORDER BY ALL") == [
        (5, "Observation", "missing-id", "Observation.id"),
        (6, None, "malformed-json", None),
        (7, "Observation", "missing-start-date", "Observation.effective[x]"),
    ]


@pytest.mark.parametrize(
    ("more", "element"),
    [
        ({"code": {"coding": [{"system": "http://loinc.org", "code": {"a": 1}}]}}, "Observation.code.coding.code"),
        ({"code": {"text": ["a"]}}, "Observation.code.text"),
        ({"valueQuantity": None, "valueString": {"a": "b"}}, "Observation.valueString"),
        ({"valueQuantity": None, "valueBoolean": "yes"}, "Observation.valueBoolean"),
        ({"component": [{"code": {"text": "a"}, "valueString": []}]}, "Observation.component.valueString"),
        # FHIR allows no NUL character in a text, and Postgres has none.
        ({"code": {"coding": [{"code": "A\x00B"}]}}, "Observation.code.coding.code"),
        ({"component": [{"code": {"text": "a\x00"}}]}, "Observation.component.code.text"),
    ],
)
def test_what_duckdb_takes_for_text_is_refused(site: Site, more: dict[str, Any], element: str) -> None:
    right = weight("o2", code={"text": "{score}"}, valueQuantity={"value": 1, "unit": "[U]", "code": "{score}"})
    assert site.night(patient(), weight(**more), right) == {"mapped": 2, "quarantined": 1}
    assert site.workspace("SELECT resource, reason, element FROM state.quarantine") == [
        ("main/Observation/o1", "invalid-shape", element)
    ]


def test_changed_settings_map_everything_again(site: Site) -> None:
    late = weight(effectiveDateTime="2021-02-28T20:00:00Z")
    site.night(patient(), visit(), late, visit("e2", status="entered-in-error"))
    assert site.published("SELECT measurement_date::VARCHAR FROM cdm.measurement") == [("2021-03-01",)]
    site.settings = replace(site.settings, timezone="UTC")
    assert site.night(late) == {"unchanged": 1}
    assert site.published("SELECT measurement_date::VARCHAR FROM cdm.measurement") == [("2021-02-28",)]


def test_as_known_at_a_run(site: Site) -> None:
    site.night(patient(), visit(), weight())
    first = site.settings.data / "published" / "warehouse-1.duckdb"
    site.night(weight(value=61.0), visit(status="cancelled"))
    with duckdb.connect(first, read_only=True) as con:
        published = con.execute("SELECT measurement_id, value_as_number FROM cdm.measurement").fetchall()
    known = """
        SELECT measurement_id, value_as_number FROM (
            SELECT * EXCLUDE (_run_to) FROM history.measurement WHERE _run_from <= 1 AND _run_to > 1
            UNION ALL BY NAME SELECT * FROM cdm.measurement WHERE _run_from <= 1
        )
    """
    assert site.workspace(known) == published


def test_a_failed_run_leaves_the_last_state(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.night(patient(), visit(), weight())

    def broken(*_: object) -> None:
        raise MappingError("a mapping broke its rules")

    with monkeypatch.context() as patched:
        patched.setattr(merge, "merge", broken)
        with pytest.raises(MappingError):
            site.night(weight(value=99.0))
    assert site.workspace("SELECT run, status, message FROM state.run ORDER BY run") == [
        (1, "complete", None),
        (2, "failed", "a mapping broke its rules"),
    ]
    assert site.rows() == [(1970, "2021-03-01", 60.0)]
    assert site.night(weight(value=61.0)) == {"mapped": 1}
    assert site.rows() == [(1970, "2021-03-01", 61.0)]


def test_nothing_readable_changes_nothing(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        pipeline.sync(site.settings, tmp_path / "missing")
    assert site.workspace("SELECT count(*) FROM state.run") == [(0,)]
    assert list(site.settings.data.joinpath("landing").iterdir()) == []


def test_without_a_workspace_the_error_says_what_to_do(tmp_path: Path) -> None:
    batch = tmp_path / "batch.ndjson"
    batch.write_text(json.dumps(patient()))
    with pytest.raises(StateError, match="create one with `onco-registry init`"):
        pipeline.sync(EtlSettings(data=tmp_path / "elsewhere"), batch)


def test_keys_are_logged_beside_the_landing_zone(site: Site) -> None:
    site.night(patient(), visit(), weight())
    with duckdb.connect() as con:
        folder = site.settings.data / "landing" / "000001" / "keys"
        logged = con.execute(f"SELECT row_key, id FROM '{folder}/person.parquet'").fetchall()
    assert logged == [("main/Patient/p1", 1)]
    assert site.published("SELECT person_id FROM cdm.person") == [(1,)]


def test_private_folders(site: Site) -> None:
    assert oct(site.settings.data.stat().st_mode)[-3:] == "700"
    assert oct(site.settings.data.joinpath("secret").stat().st_mode)[-3:] == "600"


def test_another_source_is_told(site: Site) -> None:
    site.night(patient())
    with capture_logs() as same:
        site.night(patient())
    site.settings = replace(site.settings, source="hospital")
    with capture_logs() as other:
        site.night(patient())
    told = "a new source: its patients are others than those of"
    assert told not in [line["event"] for line in same]
    assert [(line["known"], line["source"]) for line in other if line["event"] == told] == [("main", "hospital")]
