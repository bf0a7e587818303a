"""Integer keys for natural keys: assigned when first seen, never reused, logged beside the landing zone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from onco_etl.errors import StateError
from onco_etl.query import literal
from onco_etl.workspace import CLINICAL_TABLES, INTEGER_MAX

KEY_TABLES = ("resource", *CLINICAL_TABLES)


def assign(con: duckdb.DuckDBPyConnection, table: str, relation: str) -> None:
    """Give every `row_key` of `relation`, each once in it, that `keys.<table>` does not know the table's next integer.

    Raises StateError when the table's keys would pass 2**31 - 1, the largest OMOP CDM `integer`.
    """
    try:
        con.execute(
            f"""
            INSERT INTO keys.{table}
            SELECT row_key, nextval('keys.{table}_seq')
            FROM (SELECT row_key FROM {relation} ANTI JOIN keys.{table} USING (row_key) ORDER BY row_key)
            """
        )
    except duckdb.SequenceException:
        raise StateError(f"keys of {table} are used up: OMOP CDM integers end at 2147483647") from None


def highest(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The largest key in use, per table."""
    query = " UNION ALL ".join(f"SELECT '{table}', coalesce(max(id), 0) FROM keys.{table}" for table in KEY_TABLES)
    return dict(con.execute(query).fetchall())


def log(con: duckdb.DuckDBPyConnection, before: dict[str, int], folder: Path) -> None:
    """Write the keys assigned since `before` to `folder`/<table>.parquet, so that they outlive the workspace."""
    after = highest(con)
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


def restore(con: duckdb.DuckDBPyConnection, known: str) -> None:
    """Take over the keys of the attached database `known`, and go on after the largest of them."""
    for table in KEY_TABLES:
        con.execute(f"INSERT INTO keys.{table} FROM {known}.keys.{table}")
    _go_on(con, used(con, known))


def used(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, int]:
    """The largest key that was ever assigned in a database, per table; of what was erased, too."""
    found = con.execute(
        rf"""
        -- As it would be created now: last_value means another thing once the file was opened again.
        SELECT replace(sequence_name, '_seq', ''), regexp_extract(sql, 'START (\d+)', 1)::INTEGER - 1
        FROM duckdb_sequences()
        WHERE database_name = {literal(database)} AND schema_name = 'keys'
        """
    )
    return dict(found.fetchall())


def restore_logged(con: duckdb.DuckDBPyConnection, landing: Path, assigned: Mapping[str, int]) -> None:
    """Take over the keys logged beside the landing zone, and go on after the largest of them and of `assigned`.

    A killed run may have logged keys that a later one assigned anew: the later run is right.
    """
    for table in KEY_TABLES:
        logs = sorted(str(path) for path in landing.glob(f"*/keys/{table}.parquet"))
        if logs:
            listed = ", ".join(literal(path) for path in logs)
            con.execute(
                f"""
                INSERT INTO keys.{table}
                SELECT row_key, id FROM (
                    SELECT row_key, id, filename FROM read_parquet([{listed}], filename = true)
                    QUALIFY row_number() OVER (PARTITION BY id ORDER BY filename DESC) = 1
                )
                QUALIFY row_number() OVER (PARTITION BY row_key ORDER BY filename DESC) = 1
                """
            )
    _go_on(con, assigned)


def _go_on(con: duckdb.DuckDBPyConnection, assigned: Mapping[str, int]) -> None:
    """Let each sequence begin after the largest key of its table, and after those that were `assigned`."""
    for table, present in highest(con).items():
        largest = max(present, assigned.get(table, 0))
        con.execute(
            f"CREATE OR REPLACE SEQUENCE keys.{table}_seq START {largest + 1} MAXVALUE {max(INTEGER_MAX, largest + 1)}"
        )
