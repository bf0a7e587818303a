"""Compaction: DuckDB keeps the room of deleted rows within a table; one that nights have worn is written anew.

After an erasure the whole file is: what was deleted is then in none of its bytes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

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


def renew(con: duckdb.DuckDBPyConnection, path: Path, *, storage: str) -> None:
    """Write a DuckDB file that nobody has open into a new one, with storage version `storage`, which takes its place.

    con: a connection to no file, which is of no use afterwards. Killed, it leaves the old file as it was.
    """
    new = path.with_name(f"{path.stem}-renewed{path.suffix}")
    for left in (new, new.with_name(f"{new.name}.wal")):
        left.unlink(missing_ok=True)
    # Beside compressed texts DuckDB writes what lay in memory (duckdb/duckdb#23382).
    con.execute("SET disabled_compression_methods = 'fsst,dictionary,dict_fsst'")
    con.execute(f"SET temp_directory = {literal(str(path.parent / 'scratch'))}")
    # Held until the connection ends, so that nobody writes to it meanwhile.
    con.execute(f"ATTACH {literal(str(path))} AS workspace (READ_ONLY)")
    con.execute(f"ATTACH {literal(str(new))} AS renewed (STORAGE_VERSION {literal(storage)})")
    con.execute("COPY FROM DATABASE workspace TO renewed; CHECKPOINT renewed; DETACH renewed")
    with new.open("rb") as stream:
        os.fsync(stream.fileno())
    new.chmod(path.stat().st_mode & 0o777)
    new.replace(path)


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
