"""The published folder may lie apart from the data folder, for people who may not enter that one."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from onco_registry import cli
from support.command_line import run, run_json


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    """A site whose analysts' group may enter the published folder."""
    (tmp_path / "registry.toml").write_text('data = "private"\npublished = "analysts/files"\n', encoding="utf-8")
    (tmp_path / "analysts/files").mkdir(parents=True)
    (tmp_path / "analysts/files").chmod(0o2750)
    patient = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970"}
    (tmp_path / "batch.ndjson").write_text(json.dumps(patient), encoding="utf-8")
    return tmp_path


def test_files_are_published_where_the_setting_says(site: Path) -> None:
    run(site, "init")
    run(site, "sync", "--from", "batch.ndjson")
    run(site, "recompute")
    folder = site / "analysts/files"
    assert sorted(path.name for path in folder.iterdir()) == [
        "current.duckdb",
        "warehouse-1.duckdb",
        "warehouse-2.duckdb",
    ]
    assert not (site / "private/published").exists()
    with duckdb.connect(folder / "current.duckdb", read_only=True) as con:
        assert con.execute("SELECT year_of_birth FROM cdm.person").fetchall() == [(1970,)]
    # Who is in the folder's group reads them, and nobody else.
    assert folder.stat().st_mode & 0o7777 == 0o2750
    assert (folder / "warehouse-2.duckdb").stat().st_mode & 0o777 == 0o440
    assert run_json(site, "status")["published"]["file"] == str(folder / "warehouse-2.duckdb")
    run(site, "rebuild")
    assert (folder / "current.duckdb").resolve().name == "warehouse-3.duckdb"


def test_init_makes_the_folder_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__PUBLISHED", str(tmp_path / "made/for/analysts"))
    cli.init(tmp_path / "registry.toml")
    assert (tmp_path / "made/for/analysts").stat().st_mode & 0o777 == 0o700
