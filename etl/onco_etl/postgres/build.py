"""Whole tables, built beside those that readers see, without keys until the rows are in, and put in their places."""

from __future__ import annotations

from collections.abc import Sequence

from onco_etl.errors import ReplicaError
from onco_etl.postgres.lock import Connection
from onco_etl.postgres.settings import PARTS, PostgresSettings
from onco_etl.postgres.tables import Table, create, keys_and_indices
from onco_etl.postgres.transfer import Route

# For sorting the rows of an index.
_MEMORY = "256MB"


def begin(route: Route) -> None:
    """Make room for tables that are being built."""
    for part in PARTS:
        route.do(f"CREATE SCHEMA IF NOT EXISTS {route.settings.building(part)}")
    route.do(f"SET LOCAL maintenance_work_mem = '{_MEMORY}'")


def build(route: Route, table: Table, select: str) -> None:
    """Build a table from a SELECT in DuckDB, with its primary key and indices."""
    schema = route.settings.building(table.part)
    route.do(create(table, schema))
    route.copy(select, f"{schema}.{table.name}", freeze=True)
    for statement in keys_and_indices(table, schema):
        route.do(statement)
    route.do(f"ANALYZE {schema}.{table.name}")


def swap(route: Route, tables: Sequence[Table]) -> None:
    """Put built tables in their places. From here to the commit, readers of these wait."""
    settings = route.settings
    # Those that refer to each other go together.
    route.do(f"DROP TABLE IF EXISTS {', '.join(map(route.place, tables))}")
    for table in tables:
        route.do(f"ALTER TABLE {settings.building(table.part)}.{table.name} SET SCHEMA {settings.schema(table.part)}")
    for part in PARTS:
        route.do(f"DROP SCHEMA {settings.building(part)}")


def pinned(connection: Connection, settings: PostgresSettings, own: Sequence[str]) -> dict[str, str]:
    """Tables of the replica that others' views depend on: part.name -> such a view. `own`: names of our views."""
    parts = {settings.schema(part): part for part in PARTS}
    found = connection.execute(
        """
        SELECT DISTINCT ON (1, 2) tn.nspname, t.relname, vn.nspname || '.' || v.relname
        FROM pg_depend AS d
        JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
        JOIN pg_class AS v ON v.oid = r.ev_class JOIN pg_namespace AS vn ON vn.oid = v.relnamespace
        JOIN pg_class AS t ON t.oid = d.refobjid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
        WHERE tn.nspname = ANY(%s) AND v.oid <> t.oid AND NOT (vn.nspname = %s AND v.relname = ANY(%s))
        """,
        (list(parts), settings.registry_schema, list(own)),
    ).fetchall()
    return {f"{parts[str(schema)]}.{name}": str(view) for schema, name, view in found}


def refuse_pinned(found: dict[str, str], tables: Sequence[Table]) -> None:
    """Raise ReplicaError where a table that is to be built anew has others' views upon it."""
    for table in tables:
        if view := found.get(table.label):
            raise ReplicaError(
                f"view {view} depends on {table.label}, which is to be built anew: drop it, publish, create it again"
            )
