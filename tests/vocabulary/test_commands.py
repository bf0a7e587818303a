"""The commands vocabulary and unmapped, as hospital IT meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from support.athena import concept, related, write
from support.command_line import run, run_json

SNOMED = "http://snomed.info/sct"


def observation(name: str, code: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-01-01",
        "code": code,
        "category": [{"coding": [{"code": "laboratory"}]}],
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a code of a vocabulary and a text, and a download beside it."""
    folder = tmp_path_factory.mktemp("site")
    resources = [
        {"resourceType": "Patient", "id": "p1", "birthDate": "1970"},
        observation("o1", {"coding": [{"system": SNOMED, "code": "f1"}]}),
        observation("o2", {"text": "asked for by Mrs Wang"}),
    ]
    (folder / "batch.ndjson").write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
    write(folder / "athena", concept=[concept(9001, "f1")], concept_relationship=[related(9001, 9001)])
    run(folder, "init")
    run(folder, "sync", "--from", "batch.ndjson")
    return folder


def test_a_site_loads_a_vocabulary_and_sees_what_it_changed(site: Path) -> None:
    assert "No vocabulary is loaded" in run(site, "vocabulary", "show")
    loaded = run_json(site, "vocabulary", "load", "athena")
    assert (loaded["release"], loaded["run"], loaded["moved"]) == ("v5.0 01-JAN-26", 2, 1)
    assert loaded["changed"] == [
        {"table": "condition_era", "began": 1, "ended": 0},
        {"table": "condition_occurrence", "began": 1, "ended": 0},
        {"table": "measurement", "began": 0, "ended": 1},
    ]
    missing = {
        "vocabulary_id": "SNOMED",
        "concept_code": "84229001",
        "aspect": "code",
        "starter": "84229001",
        "vocabulary": "not in it",
    }
    assert missing in loaded["disagreements"]
    assert run_json(site, "vocabulary", "show") == {
        **{key: loaded[key] for key in ("release", "absent", "disagreements", "unknown_concepts")},
        "rows": dict(sorted(loaded["rows"].items())),
    }
    assert run_json(site, "status")["vocabulary"] == "v5.0 01-JAN-26"
    again = run(site, "vocabulary", "load", "athena")
    assert "The same vocabulary was in use" in again
    assert [entry["run"] for entry in run_json(site, "runs")] == [1, 2]


def test_what_cannot_be_loaded_has_an_exit_code(site: Path) -> None:
    run(site, "vocabulary", "load", "batch.ndjson", exit_code=3)
    run(site, "vocabulary", "load", "nothing", exit_code=3)


def test_texts_are_in_the_export_alone(site: Path) -> None:
    listed = run_json(site, "unmapped", "list")
    texts = [row for row in listed if row["source_value"].startswith("text:")]
    assert [(row["cdm_table"], row["field"], row["count"]) for row in texts] == [
        ("measurement", "measurement_concept_id", 1)
    ]
    said = run(site, "unmapped", "export", "--out", "work.csv")
    assert "can name a person" in said
    assert (site / "work.csv").stat().st_mode & 0o777 == 0o600
    assert "asked for by Mrs Wang" in (site / "work.csv").read_text(encoding="utf-8")
    with duckdb.connect(site / "data/published/current.duckdb", read_only=True) as con:
        assert con.execute("SELECT source_value FROM registry.unmapped_code").fetchall() == [
            (row["source_value"],) for row in listed
        ]
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in tables:
            found = con.execute(f"SELECT count(*) FROM {schema}.{table} AS t WHERE contains(t::VARCHAR, 'Wang')")
            assert found.fetchone() == (0,)
