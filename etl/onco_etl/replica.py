"""Replicas: the published DuckDB file, brought from the run it is at to the newest by the rows that changed."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import duckdb

from onco_etl import cdm
from onco_etl.query import literal, scalar
from onco_etl.workspace import CLINICAL_TABLES

CURRENT = "current.duckdb"
# OMOP CDM Version 5.4.0.
_CDM_VERSION_5_4 = 756265
_NAME = re.compile(r"^warehouse-(\d+)\.duckdb$")

_REGISTRY = """
CREATE SCHEMA IF NOT EXISTS registry; CREATE SCHEMA IF NOT EXISTS results;
CREATE TABLE IF NOT EXISTS registry.replica (run INTEGER, published TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS registry.lineage (
    cdm_table VARCHAR, row_id INTEGER, resource_type VARCHAR, resource_key INTEGER, slot VARCHAR, derivation VARCHAR,
    run_from INTEGER, mapping_file VARCHAR
);
"""


def published_files(folder: Path) -> dict[int, Path]:
    """Run -> published file, oldest first."""
    found = ((_NAME.match(path.name), path) for path in folder.iterdir())
    return dict(sorted((int(match.group(1)), path) for match, path in found if match))


def publish(con: duckdb.DuckDBPyConnection, folder: Path, run: int, *, keep: int) -> Path:
    """Publish the workspace as of `run` as warehouse-<run>.duckdb and point current.duckdb to it.

    Starts from a copy of the newest published file and applies only what changed since its run. The new file
    appears whole or not at all. The `keep` newest files stay; readers of an older one keep what they opened.
    """
    target = folder / f"warehouse-{run}.duckdb"
    building = folder / f"building-{run}.duckdb"
    for left in folder.glob("building-*"):
        left.unlink()
    older = [path for number, path in published_files(folder).items() if number < run]
    if older:
        shutil.copyfile(older[-1], building)
        building.chmod(0o600)
    workspace = scalar(con, "SELECT current_database()")
    con.execute(f"ATTACH {literal(str(building))} AS replica")
    try:
        _update(con, workspace, run)
    finally:
        con.execute("DETACH replica")
    if building.with_suffix(".duckdb.wal").exists():
        raise OSError(f"{building}: not checkpointed")
    with building.open("rb") as stream:
        os.fsync(stream.fileno())
    building.chmod(0o440)
    building.replace(target)
    _point(folder / CURRENT, target)
    for path in list(published_files(folder).values())[:-keep]:
        path.unlink()
    return target


def _update(con: duckdb.DuckDBPyConnection, workspace: str, run: int) -> None:
    con.execute("USE replica; BEGIN")
    try:
        con.execute(_REGISTRY)
        cdm.create_tables(con)
        at: int = scalar(con, "SELECT coalesce(max(run), 0) FROM registry.replica")
        for table in CLINICAL_TABLES:
            _apply_delta(con, workspace, table, at)
        for table in cdm.VOCABULARY_TABLES:
            _copy_whole(con, f"{workspace}.cdm.{table}", f"cdm.{table}")
        for table in _results_tables(con, workspace):
            con.execute(f"CREATE OR REPLACE TABLE results.{table} AS FROM {workspace}.results.{table}")
        _registry_tables(con, workspace)
        con.execute(f"DELETE FROM registry.replica; INSERT INTO registry.replica VALUES ({run}, now())")
        con.execute("COMMIT")
    except BaseException:
        con.execute("ROLLBACK")
        raise
    finally:
        con.execute(f"USE {workspace}")
    con.execute("CHECKPOINT replica")


def _apply_delta(con: duckdb.DuckDBPyConnection, workspace: str, table: str, at: int) -> None:
    """Rows of one CDM table that ended since run `at` go, rows that began come, each with its lineage."""
    ended = f"SELECT _row_id FROM {workspace}.history.{table} WHERE _run_from <= {at} AND _run_to > {at}"
    names = ", ".join(f'"{name}"' for name in cdm.columns(table))
    key = cdm.primary_key(table)
    if key:
        con.execute(f"DELETE FROM cdm.{table} WHERE {key} IN ({ended})")
        since = f"WHERE _run_from > {at}"
    else:
        # Without a key of its own (death, fact_relationship, episode_event) a row cannot be named: copied whole.
        con.execute(f"DELETE FROM cdm.{table}")
        since = ""
    con.execute(f"INSERT INTO cdm.{table} SELECT {names} FROM {workspace}.cdm.{table} {since}")
    if at:
        con.execute(f"DELETE FROM registry.lineage WHERE cdm_table = '{table}' AND row_id IN ({ended})")
    con.execute(
        f"""
        INSERT INTO registry.lineage
        SELECT '{table}', c._row_id, r.resource_type, c._resource_key, c._slot, c._derivation, c._run_from,
            CASE WHEN c._resource_key IS NULL THEN 'sql/derived/{table}.sql' ELSE 'sql/cdm/{table}.sql' END
        FROM {workspace}.cdm.{table} AS c
        LEFT JOIN {workspace}.state.resource AS r ON r.resource_key = c._resource_key
        WHERE c._run_from > {at}
        """
    )


def _copy_whole(con: duckdb.DuckDBPyConnection, origin: str, target: str) -> None:
    con.execute(f"DELETE FROM {target}; INSERT INTO {target} FROM {origin}")


def _results_tables(con: duckdb.DuckDBPyConnection, workspace: str) -> Sequence[str]:
    found = con.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{workspace}' AND schema_name = 'results'"
    ).fetchall()
    return [name for (name,) in found]


def _registry_tables(con: duckdb.DuckDBPyConnection, workspace: str) -> None:
    """What analysts may know of the runs: no logical ids, no file names."""
    con.execute(
        f"""
        CREATE OR REPLACE TABLE registry.runs AS
        SELECT run, kind, started, finished, status, received, mapping_hash, vocabulary_release
        FROM {workspace}.state.run;

        CREATE OR REPLACE TABLE registry.fate AS
        SELECT
            run, CASE WHEN regexp_full_match(resource_type, '[A-Z][A-Za-z]*') THEN resource_type END AS resource_type,
            fate, reason, count(*) AS versions
        FROM {workspace}.state.ledger GROUP BY ALL;

        CREATE OR REPLACE TABLE registry.unmapped_code AS FROM {workspace}.state.unmapped_code;
        CREATE OR REPLACE TABLE registry.recompute AS FROM {workspace}.state.recompute;

        DELETE FROM cdm.cdm_source;
        INSERT INTO cdm.cdm_source BY NAME
        SELECT
            'onco-registry' AS cdm_source_name, 'onco-registry' AS cdm_source_abbreviation,
            coalesce(r.source, 'unknown') AS cdm_holder, 'FHIR R4 resources of a hospital' AS source_description,
            CAST(r.started AS DATE) AS source_release_date, current_date AS cdm_release_date, '5.4' AS cdm_version,
            {_CDM_VERSION_5_4} AS cdm_version_concept_id, coalesce(r.vocabulary_release, 'none') AS vocabulary_version
        FROM {workspace}.state.run AS r WHERE r.kind = 'sync' AND r.status = 'complete' ORDER BY r.run DESC LIMIT 1;
        """
    )
    tables = _results_tables(con, workspace)
    views = files("onco_mappings").joinpath("sql", "registry")
    for view in sorted(views.iterdir(), key=lambda entry: entry.name):
        name = view.name.removesuffix(".sql")
        if name != "latest_estimate" or "estimate" in tables:
            con.execute(f"CREATE OR REPLACE VIEW registry.{name} AS {view.read_text(encoding='utf-8')}")


def _point(link: Path, target: Path) -> None:
    """Replace the symlink atomically."""
    temporary = link.with_name(f"{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    temporary.replace(link)
