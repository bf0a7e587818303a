"""Compaction: DuckDB keeps the room of deleted rows within a table; one that nights have worn is written anew."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from onco_etl.query import literal, scalar

# A table is worn when more than this share of its rows are deleted ones: every scan still passes over them.
WORN = 0.2
# Smaller tables cost nothing.
_SMALL = 10_000


def compact(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Write the worn tables of the workspace anew, each in a transaction of its own; gives back their names.

    The room that this frees within the file is used by the following nights.
    """
    database = scalar(con, "SELECT current_database()")
    worn = [table for table, total, deleted in _tables(con, database) if deleted > WORN * total]
    for table in worn:
        con.execute("BEGIN")
        try:
            con.execute(
                f"""
                CREATE OR REPLACE TEMP TABLE kept AS FROM {table};
                DELETE FROM {table};
                INSERT INTO {table} FROM kept;
                DROP TABLE kept;
                COMMIT
                """
            )
        except BaseException:
            # Where the disk is full, even that may be impossible: what is not committed goes when the file is closed.
            with suppress(duckdb.Error):
                con.execute("ROLLBACK")
            raise
    return worn


def is_worn(con: duckdb.DuckDBPyConnection, database: str) -> bool:
    """Whether the tables of an attached database, taken together, are worn."""
    counts = _tables(con, database)
    return sum(deleted for _, _, deleted in counts) > WORN * sum(total for _, total, _ in counts)


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, int, int]]:
    """(name, rows with the deleted ones, deleted rows) of each table that is not small."""
    found = con.execute(
        f"""
        SELECT database_name || '.' || schema_name || '."' || table_name || '"', estimated_size FROM duckdb_tables()
        WHERE database_name = {literal(database)} AND NOT temporary AND estimated_size > {_SMALL} ORDER BY ALL
        """
    ).fetchall()
    return [(table, total, total - scalar(con, f"SELECT count(*) FROM {table}")) for table, total in found]
