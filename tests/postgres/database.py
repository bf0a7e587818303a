"""A database for a test, in a real server; and its rows beside those of the published file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from hospital.nights import Hospital
from onco_etl.postgres import lock
from onco_etl.postgres.follow import follow, opened
from onco_etl.postgres.publish import Published, publish
from onco_etl.postgres.settings import PARTS, PostgresSettings
from onco_etl.postgres.verify import Verified, verify

Rows = list[tuple[Any, ...]]
Tables = Mapping[str, Counter[tuple[Any, ...]]]


@dataclass(frozen=True)
class Database:
    """A database of the test server: `owner` owns it and may create roles, `postgres` is the superuser."""

    host: str
    name: str
    owner: str = "onco"

    @property
    def settings(self) -> PostgresSettings:
        return PostgresSettings(url=self.url(self.owner))

    def url(self, user: str) -> str:
        return f"host={self.host} dbname={self.name} user={user}"

    def connect(self, user: str = "postgres") -> lock.Connection:
        return psycopg.connect(self.url(user), autocommit=True)

    def ask(self, query: str, user: str = "postgres") -> Rows:
        with self.connect(user) as connection:
            return connection.execute(query).fetchall()

    def do(self, statement: str, user: str = "postgres") -> None:
        with self.connect(user) as connection:
            connection.execute(statement)

    def tables(self) -> Tables:
        """Every table of the replica, by part.name."""
        names = self.ask(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('cdm', 'registry', 'results')"
        )
        return {f"{part}.{name}": plain(self.ask(f"SELECT * FROM {part}.{name}")) for part, name in names}


def site_of(hospital: Hospital, database: Database) -> Hospital:
    """The hospital, with its replica in the database."""
    hospital.settings = replace(hospital.settings, postgres=database.settings)
    return hospital


def published(hospital: Hospital, *, full: bool = False, build_from: int | None = None) -> Published:
    """Publish to the hospital's replica."""
    if build_from is None:
        found = follow(hospital.settings, full=full)
        assert found is not None
        return found
    with opened(hospital.settings) as route:
        return publish(route, full=full, build_from=build_from)


def verified(hospital: Hospital) -> Verified:
    with opened(hospital.settings) as route:
        return verify(route)


def file_tables(data: Path) -> Tables:
    """Every table of the newest published file, by part.name."""
    with duckdb.connect(data / "published" / "current.duckdb", read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        return {
            f"{part}.{name}": plain(con.execute(f"FROM {part}.{name}").fetchall())
            for part, name in names
            if part in PARTS
        }


def plain(rows: Rows) -> Counter[tuple[Any, ...]]:
    """Rows whose fractions are floats and whose lists are tuples, each as often as it occurs."""
    return Counter(tuple(_plain(value) for value in row) for row in rows)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list):
        return tuple(_plain(part) for part in value)
    return frozenset(value.items()) if isinstance(value, dict) else value
