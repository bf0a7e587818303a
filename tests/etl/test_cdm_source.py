"""The published file says what it is: cdm_source and metadata, of the run that made it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import mapping, pipeline, replica, workspace
from onco_etl.settings import EtlSettings


def rows(con: duckdb.DuckDBPyConnection) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    source = con.execute(
        "SELECT cdm_holder, source_release_date, cdm_release_date, cdm_version, cdm_version_concept_id,"
        " vocabulary_version, cdm_etl_reference FROM cdm.cdm_source"
    ).fetchall()
    told = con.execute(
        "SELECT metadata_id, metadata_concept_id, name, value_as_string, metadata_date FROM cdm.metadata ORDER BY ALL"
    ).fetchall()
    return source, told


def test_a_published_file_says_what_it_is(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", holder="Third Hospital", timezone="Asia/Shanghai")
    pipeline.init(settings)
    batch = tmp_path / "batch.ndjson"
    batch.write_text(json.dumps({"resourceType": "Patient", "id": "p1", "birthDate": "1970"}), encoding="utf-8")
    pipeline.sync(settings, batch)
    with workspace.connect(settings.data) as con:
        # Half past eleven at night in London is the next day in Shanghai.
        started = datetime(2024, 5, 1, 23, 30, tzinfo=UTC)
        con.execute("UPDATE state.run SET started = $1, vocabulary_release = 'v5.0 31-AUG-23'", [started])
        con.execute("INSERT INTO state.run (run, kind, status, started) VALUES (2, 'recompute', 'complete', now())")
        replica.publish(con, settings.data / "published", 2, keep=5)
    with duckdb.connect(settings.data / "published" / replica.CURRENT, read_only=True) as con:
        source, told = rows(con)
    software, day = f"onco-registry {version('onco-registry')}", date(2024, 5, 2)
    hashed = mapping.mapping_hash(settings)
    assert source == [
        ("Third Hospital", day, day, "5.4", 756265, "v5.0 31-AUG-23", f"{software}, mapping {hashed}"),
    ]  # fmt: skip
    assert told == [
        (1, 0, "software", software, day),
        (2, 0, "mapping", hashed, day),
        (3, 0, "vocabulary", "v5.0 31-AUG-23", day),
        (4, 0, "FHIR version", "4.0.1", day),
        (5, 0, "rules", "HL7 FHIR to OMOP 2.0.0-ballot", day),
        (6, 0, "timezone", "Asia/Shanghai", day),
    ]
