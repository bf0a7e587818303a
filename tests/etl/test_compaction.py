"""Tables that nights of changes have worn are written anew: the same rows, and no room for others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import compaction, replica

# DuckDB itself merges row groups (122,880 rows) that deletions have left half empty.
ROWS = 400_000


@pytest.fixture(name="con")
def _con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A table of which each tenth row is deleted, one of which each fourth is, and a small one."""
    with duckdb.connect(tmp_path / "tables.duckdb") as con:
        con.execute(
            f"""
            CREATE SCHEMA cdm;
            CREATE TABLE cdm.tenth (n INTEGER NOT NULL, words VARCHAR);
            INSERT INTO cdm.tenth SELECT n, 'row ' || n FROM range({ROWS}) AS r(n);
            CREATE TABLE cdm.fourth AS FROM cdm.tenth;
            CREATE TABLE cdm.small AS FROM cdm.tenth LIMIT 9000;
            CHECKPOINT;
            DELETE FROM cdm.tenth WHERE n % 10 = 0;
            DELETE FROM cdm.fourth WHERE n % 4 = 0;
            DELETE FROM cdm.small WHERE n % 2 = 0;
            """
        )
        yield con


def rows(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int]:
    """(rows with the deleted ones, rows) of a table."""
    (found,) = con.execute(
        f"SELECT estimated_size, (SELECT count(*) FROM cdm.{table}) FROM duckdb_tables() WHERE table_name = '{table}'"
    ).fetchall()
    return found


def test_a_table_with_more_than_a_fifth_of_deleted_rows_is_written_anew(con: duckdb.DuckDBPyConnection) -> None:
    assert rows(con, "tenth") == (400_000, 360_000)
    assert rows(con, "fourth") == (400_000, 300_000)
    assert compaction.compact(con) == ['tables.cdm."fourth"']
    con.execute("CHECKPOINT")
    assert rows(con, "tenth") == (400_000, 360_000)
    assert rows(con, "fourth") == (300_000, 300_000)
    assert con.execute("SELECT sum(n), min(words) FROM cdm.fourth").fetchone() == (60_000_000_000, "row 1")
    assert compaction.compact(con) == []


def test_what_a_table_requires_stays_required(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("DELETE FROM cdm.tenth WHERE n % 4 = 1")
    assert 'tables.cdm."tenth"' in compaction.compact(con)
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        con.execute("INSERT INTO cdm.tenth VALUES (NULL, '')")


class Failing:
    """A connection whose disk is full when rows are to be written back."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def execute(self, query: str, *arguments: Any) -> duckdb.DuckDBPyConnection:
        return self._con.execute(query.replace("INSERT INTO", "SELECT error('full'); INSERT INTO"), *arguments)


def test_a_failure_leaves_the_table_as_it_was(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="full"):
        compaction.compact(Failing(con))  # type: ignore[arg-type]
    assert rows(con, "fourth") == (400_000, 300_000)
    assert con.execute("SELECT sum(n) FROM cdm.fourth").fetchone() == (60_000_000_000,)


def test_a_worn_published_file_is_told(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("DROP TABLE cdm.fourth")
    con.close()
    with duckdb.connect() as other:
        assert not replica.is_worn(other, tmp_path / "tables.duckdb")
        with duckdb.connect(tmp_path / "tables.duckdb") as again:
            again.execute("DELETE FROM cdm.tenth WHERE n % 8 = 1")
        assert replica.is_worn(other, tmp_path / "tables.duckdb")
