"""The analysts' door from Python, on the demo's published file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import onco_registry
from onco_etl.errors import ConfigurationError, StateError
from onco_registry import open_warehouse
from replica.nights import Demo, Site


def test_importing_the_package_imports_no_frames() -> None:
    code = "import onco_registry, sys; print({'pandas', 'duckdb', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    assert set(onco_registry.__all__) == {"Warehouse", "open_warehouse"}
    with pytest.raises(AttributeError, match="no attribute 'warehose'"):
        onco_registry.warehose  # noqa: B018


def test_tables_come_as_frames_and_by_sql(demo: Demo) -> None:
    with open_warehouse(config=demo.site.config) as warehouse:
        assert (warehouse.run, warehouse.path.name) == (3, "warehouse-3.duckdb")
        people = warehouse.table("person")
        assert len(people) == 388
        assert list(people.columns[:3]) == ["person_id", "gender_concept_id", "year_of_birth"]
        assert warehouse.table("registry.runs")["kind"].tolist() == ["sync", "sync", "recompute"]
        assert str(warehouse.table("death").dtypes["death_date"]).startswith("datetime64")
        with warehouse.engine.connect() as con:
            assert con.execute(text("SELECT count(*) FROM cdm.person")).scalar_one() == 388
            with pytest.raises(DBAPIError, match="read-only"):
                con.execute(text("DELETE FROM cdm.person"))


def test_a_registry_gives_its_cohort_and_its_estimates(demo: Demo) -> None:
    (registry,) = demo.site.rows("SELECT registry FROM registry.recompute")[0]
    with open_warehouse(demo.site.published) as warehouse:
        cohort = warehouse.cohort(registry)
        assert cohort["subject_id"].tolist() == list(range(1, 33))
        assert cohort["cohort_start_date"].min().date().isoformat() == "2018-09-07"
        estimates = warehouse.estimates(registry).query("stratum == 'overall' and measure == 'orr'")
        assert estimates[["x", "n", "ci_method"]].to_numpy().tolist() == [[11, 32, "clopper-pearson"]]


def test_what_is_not_there_is_named_with_what_is(demo: Demo) -> None:
    (registry,) = demo.site.rows("SELECT registry FROM registry.recompute")[0]
    with open_warehouse(demo.site.published.parent) as warehouse:
        with pytest.raises(ConfigurationError, match=r"no table 'persons' is published; there are: cdm\.care_site, .*"):
            warehouse.table("persons")
        for ask in (warehouse.cohort, warehouse.estimates):
            with pytest.raises(ConfigurationError, match=f"no results of registry 'x' in run 3; there are: {registry}"):
                ask("x")


def test_a_folder_without_that_file_is_said_and_what_it_has(demo: Demo, tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"nothing is published here; every `onco-registry sync` publishes$"):
        open_warehouse(tmp_path)
    with pytest.raises(StateError, match=r"there are: warehouse-1\.duckdb, warehouse-2\.duckdb, warehouse-3\.duckdb"):
        open_warehouse(demo.site.published.parent / "warehouse-9.duckdb")
    (tmp_path / "text.duckdb").write_text("no database", encoding="utf-8")
    with duckdb.connect(tmp_path / "other.duckdb") as con:
        con.execute("CREATE TABLE person (person_id INTEGER)")
    for name in ("text.duckdb", "other.duckdb"):
        with pytest.raises(StateError, match="not a published file"):
            open_warehouse(tmp_path / name)


def test_a_later_night_changes_nothing_in_an_open_warehouse(site: Site) -> None:
    with open_warehouse(config=site.folder / "registry.toml") as warehouse:
        site.send([{"resourceType": "Patient", "id": "new", "birthDate": "1980"}])
        assert len(warehouse.table("person")) == 388
        assert warehouse.run == 3
    with open_warehouse(config=site.folder) as warehouse:
        assert len(warehouse.table("person")) == 389
        assert warehouse.run == 4
