"""The published file: which one is meant, and what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from onco_etl.errors import ConfigurationError, StateError
from onco_etl.replica import CURRENT, published_files

SCHEMAS = ("cdm", "registry", "results")


def located(path: Path) -> Path:
    """A published file, or the newest one of a folder; links are followed once, so that a later night changes nothing.

    Raises StateError, which names what the folder has, where there is none.
    """
    file = path / CURRENT if path.is_dir() else path
    if file.is_file():
        return file.resolve()
    folder = file.parent
    there = [found.name for found in published_files(folder).values()] if folder.is_dir() else []
    instead = f"there are: {', '.join(there)}" if there else "every `onco-registry sync` publishes"
    raise StateError(f"{file}: nothing is published here; {instead}")


def run_of(con: duckdb.DuckDBPyConnection) -> int | None:
    """The run that a published file is at; None where the file is another's."""
    try:
        row = con.execute("SELECT run FROM registry.replica").fetchone()
    except duckdb.CatalogException:
        return None
    return int(row[0]) if row else None


def relations(con: duckdb.DuckDBPyConnection, schemas: Sequence[str] = SCHEMAS) -> list[tuple[str, str]]:
    """(schema, name) of every table and view, schema by schema in the order given, by name."""
    found = con.execute(
        """
        SELECT table_schema, table_name FROM information_schema.tables WHERE list_contains($1, table_schema)
        ORDER BY list_position($1, table_schema), table_name
        """,
        [list(schemas)],
    ).fetchall()
    return [(str(schema), str(name)) for schema, name in found]


def qualified(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """A table or view by its quoted full name; without a schema the CDM's wins. ConfigurationError names all."""
    known = relations(con)
    for schema, table in known:
        if name.lower() in (table, f"{schema}.{table}"):
            return f'{schema}."{table}"'
    names = ", ".join(f"{schema}.{table}" for schema, table in known)
    raise ConfigurationError(f"no table {name!r} is published; there are: {names}")
