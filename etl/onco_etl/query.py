"""Small questions to DuckDB."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb


def scalar(con: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> Any:
    """The one value of a query that gives one row with one column."""
    row = con.execute(query, parameters).fetchone()
    assert row is not None, "the query gave no row"
    return row[0]


def has_rows(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table has any row: asked before what would cost as much without one as with many."""
    return bool(scalar(con, f"SELECT EXISTS (FROM {table})"))


def literal(value: str | int | None) -> str:
    """The value as SQL, quoted; what every night binds is written out, for binding makes DuckDB import pandas."""
    return "NULL" if value is None else str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """The path of one file as SQL: what DuckDB would take for a pattern stands for itself."""
    return literal(re.sub(r"[*?\[]", r"[\g<0>]", str(path)))
