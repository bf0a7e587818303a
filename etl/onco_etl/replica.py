"""Replicas: the published DuckDB file, brought from the run it is at to the newest by the rows that changed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import duckdb
import structlog

from onco_etl import cdm, compaction, registry_schema
from onco_etl.query import literal, scalar
from onco_etl.workspace import CLINICAL_TABLES

log = structlog.get_logger()

CURRENT = "current.duckdb"
_NAME = re.compile(r"^warehouse-(\d+)\.duckdb$")


def published_files(folder: Path) -> dict[int, Path]:
    """Run -> published file, oldest first."""
    found = ((_NAME.match(path.name), path) for path in folder.iterdir())
    return dict(sorted((int(match.group(1)), path) for match, path in found if match))


def publish(con: duckdb.DuckDBPyConnection, folder: Path, run: int, *, keep: int, anew: bool = False) -> Path:
    """Publish the workspace as of `run` as warehouse-<run>.duckdb and point current.duckdb to it.

    Starts from a copy of the newest published file and applies only what changed since its run. The new file
    appears whole or not at all. The `keep` newest files stay; readers of an older one keep what they opened.
    `anew`: starts from nothing instead.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"warehouse-{run}.duckdb"
    building = folder / f"building-{run}.duckdb"
    # What was published before a rebuild is not what the rebuilt tables' history goes on from.
    rebuilt: int = scalar(con, "SELECT coalesce(max(run), 0) FROM state.run WHERE kind = 'rebuild'")
    older = [path for number, path in published_files(folder).items() if rebuilt <= number < run]
    try:
        _clear(folder)
        _build_upon(con, older[-1] if older and not anew else None, building, run)
        building.replace(target)
        _point(folder / CURRENT, target)
    finally:
        _clear(folder)
    for path in list(published_files(folder).values())[:-keep]:
        path.unlink()
    return target


def _clear(folder: Path) -> None:
    for left in folder.glob("building-*"):
        left.unlink()


def _build_upon(con: duckdb.DuckDBPyConnection, newest: Path | None, building: Path, run: int) -> None:
    """Bring a copy of the newest published file up to `run`; where that one is worn or no such file, a new one."""
    if newest is not None:
        try:
            if not is_worn(con, newest):
                shutil.copyfile(newest, building)
                building.chmod(0o600)
            _build(con, building, run)
            return
        except (OSError, duckdb.Error):
            log.warning("the published file cannot be brought up to date: it is built anew", file=newest.name)
            _clear(building.parent)
    _build(con, building, run)


def is_worn(con: duckdb.DuckDBPyConnection, published: Path) -> bool:
    """Whether so many rows of a published file are deleted ones that the next is better built anew."""
    con.execute(f"ATTACH {literal(str(published))} AS older (READ_ONLY)")
    try:
        return compaction.is_worn(con, "older")
    finally:
        con.execute("DETACH older")


def _build(con: duckdb.DuckDBPyConnection, building: Path, run: int) -> None:
    workspace = scalar(con, "SELECT current_database()")
    # DuckDB 1.5 writes what lay in memory into the unused end of blocks of compressed texts (duckdb/duckdb#23382):
    # names and ids from the workspace were found there.
    con.execute("SET disabled_compression_methods = 'fsst,dictionary,dict_fsst'")
    con.execute(f"ATTACH {literal(str(building))} AS replica")
    try:
        _update(con, workspace, run)
    finally:
        con.execute("DETACH replica; RESET disabled_compression_methods")
    if building.with_suffix(".duckdb.wal").exists():
        raise OSError(f"{building}: not checkpointed")
    with building.open("rb") as stream:
        os.fsync(stream.fileno())
    building.chmod(0o440)


def _update(con: duckdb.DuckDBPyConnection, workspace: str, run: int) -> None:
    con.execute("USE replica; BEGIN")
    try:
        registry_schema.create(con)
        cdm.create_tables(con)
        at: int = scalar(con, "SELECT coalesce(max(run), 0) FROM registry.replica")
        for table in CLINICAL_TABLES:
            _apply_delta(con, workspace, table, at)
        registry_schema.bring_resources(con, workspace, at)
        for table in cdm.VOCABULARY_TABLES:
            _copy_whole(con, f"{workspace}.cdm.{table}", f"cdm.{table}")
        for table in registry_schema.results_tables(con, workspace):
            con.execute(f"CREATE OR REPLACE TABLE results.{table} AS FROM {workspace}.results.{table}")
        registry_schema.write(con, workspace)
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
    registry_schema.bring_lineage(con, workspace, table, at)


def _copy_whole(con: duckdb.DuckDBPyConnection, origin: str, target: str) -> None:
    con.execute(f"DELETE FROM {target}; INSERT INTO {target} FROM {origin}")


def _point(link: Path, target: Path) -> None:
    """Replace the symlink atomically."""
    temporary = link.with_name(f"{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    temporary.replace(link)
