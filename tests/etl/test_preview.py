"""A dry run says what a sync would do, and leaves everything as it was."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from onco_etl import pipeline
from onco_etl.settings import EtlSettings

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "male", "birthDate": "1960"}
WEIGHT = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "category": [{"coding": [{"code": "vital-signs"}]}],
    "code": {"text": "weight"},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2021-03-01",
    "valueQuantity": {"value": 70},
}
BAD = {"resourceType": "Observation", "id": "o2", "code": [1]}


def batch(folder: Path, *resources: object) -> Path:
    file = folder / "batch.ndjson"
    file.write_text("".join(json.dumps(resource) + "\n" for resource in resources), encoding="utf-8")
    return file


def everything(data: Path) -> dict[str, object]:
    """What a data folder holds: its files, and every row of the workspace."""
    with duckdb.connect(data / "workspace.duckdb", read_only=True) as con:
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        rows = {f"{s}.{t}": sorted(map(repr, con.execute(f"FROM {s}.{t}").fetchall())) for s, t in tables}
    files = sorted(str(path.relative_to(data)) for path in data.rglob("*") if "workspace" not in path.name)
    return {**rows, "files": files}


def test_a_dry_run_says_what_a_sync_would_do_and_changes_nothing(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data")
    pipeline.init(settings)
    pipeline.sync(settings, batch(tmp_path, PATIENT, WEIGHT))
    before = everything(settings.data)
    heavier = batch(tmp_path, PATIENT, {**WEIGHT, "valueQuantity": {"value": 71}}, BAD)
    preview = pipeline.preview(settings, heavier)
    assert preview == pipeline.Preview(
        3,
        {"mapped": 1, "quarantined": 1, "unchanged": 1},
        [{"table": "measurement", "began": 1, "ended": 1}],
    )
    assert everything(settings.data) == before
    report = pipeline.sync(settings, heavier)
    assert (report.run, report.fates) == (2, preview.fates)
