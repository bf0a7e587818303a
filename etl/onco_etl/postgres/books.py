"""What the replica holds, written down in a schema of its own, in the transaction that changes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onco_etl.errors import ReplicaError
from onco_etl.postgres.lock import Connection, value
from onco_etl.postgres.settings import PARTS, PostgresSettings
from onco_etl.postgres.tables import Table

_TABLES = """
CREATE SCHEMA IF NOT EXISTS {books};
CREATE TABLE IF NOT EXISTS {books}.state (
    run integer, started timestamptz, release text, readers text, views text, published timestamptz
);
CREATE TABLE IF NOT EXISTS {books}.content (part text, name text, signature text, rows bigint, checksum text);
CREATE TABLE IF NOT EXISTS {books}.broken (constraint_name text, table_name text, rows bigint);
"""


@dataclass(frozen=True)
class Content:
    """A table as it was last written: its shape, and of one that is written whole the rows and their checksum."""

    signature: str
    rows: int | None = None
    checksum: str | None = None


@dataclass(frozen=True)
class Broken:
    """A foreign key that does not hold, of which table, and how many rows it fails for; it is not in the database."""

    constraint: str
    table: str
    rows: int


@dataclass(frozen=True)
class Books:
    """The run that the replica is at and when it began, the identity of its vocabulary, and its tables by (part, name).

    readers and views: as which they were made; broken: the foreign keys that did not hold.
    """

    run: int
    started: datetime | None
    release: str
    readers: str
    views: str
    content: Mapping[tuple[str, str], Content]
    broken: Sequence[Broken]


def signature(value: object) -> str:
    """What tells whether something is still made as it was."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def read(connection: Connection, settings: PostgresSettings) -> Books | None:
    """The books; None where there is no replica yet.

    Raises ReplicaError where there is none and yet one of its schemas holds something, which is not ours to replace.
    """
    if value(connection, f"SELECT to_regclass('{settings.books}.state')") is None:
        _refuse_what_is_not_ours(connection, settings)
        return None
    row = connection.execute(f"SELECT run, started, release, readers, views FROM {settings.books}.state").fetchone()
    if row is None:
        return None
    run, started, release, readers, views = row
    assert isinstance(run, int)
    assert started is None or isinstance(started, datetime)
    content = connection.execute(f"SELECT part, name, signature, rows, checksum FROM {settings.books}.content")
    broken = connection.execute(f"SELECT constraint_name, table_name, rows FROM {settings.books}.broken ORDER BY 1")
    return Books(
        run,
        started,
        str(release),
        str(readers),
        str(views),
        {(part, name): Content(*rest) for part, name, *rest in content.fetchall()},  # type: ignore[misc, arg-type]
        [Broken(*found) for found in broken.fetchall()],  # type: ignore[arg-type]
    )


def write(connection: Connection, settings: PostgresSettings, books: Books) -> None:
    """Write the books anew."""
    name = settings.books
    connection.execute(f"DELETE FROM {name}.state; DELETE FROM {name}.content; DELETE FROM {name}.broken")
    connection.execute(
        f"INSERT INTO {name}.state VALUES (%s, %s, %s, %s, %s, now())",
        (books.run, books.started, books.release, books.readers, books.views),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {name}.content VALUES (%s, %s, %s, %s, %s)",
            [(*key, found.signature, found.rows, found.checksum) for key, found in books.content.items()],
        )
        cursor.executemany(
            f"INSERT INTO {name}.broken VALUES (%s, %s, %s)",
            [(found.constraint, found.table, found.rows) for found in books.broken],
        )


def create(connection: Connection, settings: PostgresSettings) -> None:
    """Create the schemas of the replica and its books where they are missing."""
    for part in PARTS:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {settings.schema(part)}")
    connection.execute(_TABLES.format(books=settings.books))


def present(connection: Connection, settings: PostgresSettings) -> set[tuple[str, str]]:
    """The tables that are there, by (part, name)."""
    parts = {settings.schema(part): part for part in PARTS}
    found = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", (list(parts),)
    ).fetchall()
    return {(parts[str(schema)], str(name)) for schema, name in found}


def _refuse_what_is_not_ours(connection: Connection, settings: PostgresSettings) -> None:
    found = sorted(f"{settings.schema(part)}.{name}" for part, name in present(connection, settings))
    if found:
        raise ReplicaError(
            f"{found[0]} is there and was not made by this program: name other schemas in postgres.cdm_schema, "
            "postgres.registry_schema and postgres.results_schema, or drop it"
        )


def described(table: Table) -> str:
    """The signature of a table: its columns, keys and indices."""
    return signature(table)
