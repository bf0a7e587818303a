"""Migrations: a workspace of an earlier release gets the tables of this one, in place.

A migration is known by the shape (`workspace.shape`) that it starts from. It changes what is there; tables that are
wholly new are created afterwards, for all migrations alike. What no migration starts from is for `rebuild`.

A release that changes the tables appends the shape of the release before it, with the SQL that takes its tables over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import structlog

from onco_etl import fhir_schema, workspace
from onco_etl.query import literal, scalar

log = structlog.get_logger()


@dataclass(frozen=True)
class Migration:
    """From the tables of shape `start`; `sql` changes them, `note` says what the site should do afterwards."""

    start: str
    sql: str = ""
    note: str = ""


MIGRATIONS: tuple[Migration, ...] = (
    # 0.1: without erasure, retention and opt-out; Consents and BodyStructures were of no supported type.
    Migration("9e49ee5c62305454", note="rebuild, so that Consents and lesions that were received before are read, too"),
)


def pending(con: duckdb.DuckDBPyConnection) -> tuple[Migration, ...]:
    """The migrations that lead from a workspace to this release; none where it is of this one, or of an unknown one."""
    found = workspace.shape_of(con)
    starts = [migration.start for migration in MIGRATIONS]
    if found == workspace.shape() or found not in starts:
        return ()
    return MIGRATIONS[starts.index(found) :]


def migrate(folder: Path) -> int:
    """Bring the workspace in `folder` to the tables of this release, at once or not at all; how many migrations ran.

    Raises StateError as `workspace.connect` does.
    """
    with workspace.connect(folder, any_shape=True) as con:
        due = pending(con)
        if not due:
            return 0
        con.execute("BEGIN")
        for migration in due:
            if migration.sql:
                con.execute(migration.sql)
        _widen_staged(con)
        workspace.add_missing(con)
        con.execute(f"UPDATE state.workspace SET shape = {literal(workspace.shape())}")
        con.execute("COMMIT")
        log.info("workspace brought to this release", migrations=len(due))
        _advise(con, due)
    return len(due)


def _widen_staged(con: duckdb.DuckDBPyConnection) -> None:
    """Give the tables of staged resources the elements that are declared now, at any depth; what was not read before is
    NULL.
    """
    for resource_type in fhir_schema.resource_types():
        table = fhir_schema.table_name(resource_type)
        before = _columns(con, table)
        if not before:
            continue
        con.execute(f"ALTER TABLE staged.{table} RENAME TO {table}_before")
        workspace.create_staged(con, resource_type)
        now = _columns(con, table)
        if now == before:
            con.execute(f"DROP TABLE staged.{table}; ALTER TABLE staged.{table}_before RENAME TO {table}")
            continue
        kept = ", ".join(f'"{name}"' for name in now if name in before)
        con.execute(f"INSERT INTO staged.{table} BY NAME SELECT {kept} FROM staged.{table}_before")
        con.execute(f"DROP TABLE staged.{table}_before")


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column -> type of a table of `staged`; none where there is no such table."""
    return dict(
        con.execute(
            f"""
            SELECT column_name, data_type FROM duckdb_columns()
            WHERE database_name = current_database() AND schema_name = 'staged' AND table_name = {literal(table)}
            ORDER BY column_index
            """
        ).fetchall()
    )


def _advise(con: duckdb.DuckDBPyConnection, due: tuple[Migration, ...]) -> None:
    """Say what is left to do, where something that the older release could not read was received."""
    types = ", ".join(map(literal, fhir_schema.resource_types()))
    unread = f"SELECT count(*) FROM state.ledger WHERE reason = 'unsupported-type' AND resource_type IN ({types})"
    if scalar(con, unread):
        for migration in due:
            log.warning("after the migration", do=migration.note)
