from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from etl.derived import Record, tables


@pytest.fixture(scope="session")
def empty() -> duckdb.DuckDBPyConnection:
    return tables()


@pytest.fixture
def record(empty: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """A CDM without rows; what a test puts into it is gone after it."""
    empty.execute("BEGIN")
    yield Record(empty)
    empty.execute("ROLLBACK")
