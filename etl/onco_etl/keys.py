"""Integer keys for natural keys: assigned when first seen, never reused, logged beside the landing zone."""

from __future__ import annotations

from pathlib import Path

import duckdb

from onco_etl.errors import StateError
from onco_etl.query import literal


def assign(con: duckdb.DuckDBPyConnection, table: str, relation: str) -> None:
    """Give every `row_key` of `relation` that `keys.<table>` does not know the next integer of that table.

    Raises StateError when the table's keys would pass 2**31 - 1, the largest OMOP CDM `integer`.
    """
    try:
        con.execute(
            f"""
            INSERT INTO keys.{table}
            SELECT row_key, nextval('keys.{table}_seq')
            FROM (SELECT DISTINCT row_key FROM {relation} ANTI JOIN keys.{table} USING (row_key) ORDER BY row_key)
            """
        )
    except duckdb.SequenceException:
        raise StateError(f"keys of {table} are used up: OMOP CDM integers end at 2147483647") from None


def highest(con: duckdb.DuckDBPyConnection, tables: tuple[str, ...]) -> dict[str, int]:
    """The largest key in use, per table."""
    query = " UNION ALL ".join(f"SELECT '{table}', coalesce(max(id), 0) FROM keys.{table}" for table in tables)
    return dict(con.execute(query).fetchall())


def log(con: duckdb.DuckDBPyConnection, before: dict[str, int], folder: Path) -> None:
    """Write the keys assigned since `before` to `folder`/<table>.parquet, so that they outlive the workspace."""
    after = highest(con, tuple(before))
    grown = [table for table in before if after[table] > before[table]]
    if grown:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for table in grown:
        target = folder / f"{table}.parquet"
        con.execute(
            f"""
            COPY (SELECT * FROM keys.{table} WHERE id > {before[table]} ORDER BY id)
            TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)
            """
        )
