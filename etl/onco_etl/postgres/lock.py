"""A connection to the replica's database that holds an advisory lock: one at a time for each purpose, across hosts."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import conninfo

from onco_etl.credentials import credential
from onco_etl.errors import ConfigurationError, ReplicaError, ReplicaInUseError
from onco_etl.postgres.settings import PostgresSettings

Connection = psycopg.Connection[tuple[object, ...]]
# Seconds: for a server that does not answer; for readers who hold a table that is to be replaced.
_CONNECT_TIMEOUT = "10"
_LOCK_TIMEOUT = "60s"
# A lock may be held for hours without a word. No server ends that; a firewall hears of it; and of a host that is gone
# the server knows within two minutes, not hours (seconds).
_KEEPALIVES = {"idle": 60, "interval": 15, "count": 4}
_SESSION = "; ".join(
    (
        f"SET lock_timeout = '{_LOCK_TIMEOUT}'; SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'",
        "SET idle_session_timeout = 0",
        *(f"SET tcp_keepalives_{name} = {number}" for name, number in _KEEPALIVES.items()),
    )
)
# Of which the seconds of a time are exact.
_OLDEST_SERVER = 14
# Classes of SQLSTATE whose messages name the server's affairs and never a value: connections, transactions, roles,
# privileges and names, resources, operators who step in.
_OF_THE_SERVER = ("08", "0A", "25", "28", "2B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "XX")


@contextmanager
def held(settings: PostgresSettings, purpose: str = "publish", command: str = "") -> Iterator[Connection]:
    """A connection that alone, of all hosts, holds the lock of `purpose` in this database, in autocommit mode.

    The server lets go of the lock when the connection ends, however it ends. Others see it under the name of `command`,
    by default of the purpose. Raises ReplicaInUseError, naming the holder by its application_name, where another has
    it; what goes wrong with the server within is a ReplicaError.
    """
    with guarded(), _connected(settings, command or purpose) as connection:
        key = lock_key(purpose)
        if not value(connection, f"SELECT pg_try_advisory_lock({key})"):
            raise ReplicaInUseError(
                f"another holds the lock of `{purpose}` in this database: {_holder(connection, key)}"
            )
        yield connection


def lock_key(purpose: str) -> int:
    """The number of the advisory lock of a purpose, 64 bits with a sign."""
    return int.from_bytes(hashlib.sha256(f"onco-registry {purpose}".encode()).digest()[:8], "big", signed=True)


@contextmanager
def guarded() -> Iterator[None]:
    """What Postgres says within becomes a ReplicaError in words without passwords and without values of rows."""
    try:
        yield
    except psycopg.Error as error:
        raise ReplicaError(f"Postgres: {words(error)}") from None


def words(error: psycopg.Error) -> str:
    """What an error says that is safe to show: of errors about rows, only where they are and of which kind."""
    found = error.diag
    if found.sqlstate is None:
        return (str(error).strip().splitlines() or [type(error).__name__])[0]
    if found.sqlstate.startswith(_OF_THE_SERVER):
        return found.message_primary or type(error).__name__
    place = ".".join(filter(None, (found.schema_name, found.table_name, found.column_name)))
    parts = (type(error).__name__, place, found.constraint_name)
    return f"{', '.join(filter(None, parts))} (SQLSTATE {found.sqlstate})"


def value(connection: Connection, query: str, parameters: tuple[object, ...] | None = None) -> object:
    """The one value that a query gives; None where it gives no row."""
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def _connected(settings: PostgresSettings, command: str) -> Connection:
    name = f"onco-registry {command}: process {os.getpid()} on {socket.gethostname()}"
    parameters = _parameters(settings) | {"application_name": name[:63]}
    connection = psycopg.connect(**parameters, autocommit=True)  # type: ignore[arg-type]
    try:
        if connection.info.server_version < _OLDEST_SERVER * 10_000:
            raise ReplicaError(f"the server is older than Postgres {_OLDEST_SERVER}")
        encoding = value(connection, "SHOW server_encoding")
        if encoding != "UTF8":
            raise ReplicaError(f"the database is in {encoding}: make one in UTF8, which holds every text")
        connection.execute(_SESSION)
    except BaseException:
        connection.close()
        raise
    return connection


def _parameters(settings: PostgresSettings) -> dict[str, object]:
    """The parameters of libpq; raises ConfigurationError, which shows nothing of them, where they cannot be read."""
    try:
        found: dict[str, object] = dict(conninfo.conninfo_to_dict(settings.url))
    except psycopg.Error:
        raise ConfigurationError("postgres.url: not what libpq takes, such as postgresql://user@host/db") from None
    if "password" in found:
        raise ConfigurationError(
            "postgres.url: must not hold a password: use postgres.password_file or the environment"
        )
    password = credential("postgres.password", settings.password, settings.password_file)
    if password:
        found["password"] = password
    if "PGCONNECT_TIMEOUT" not in os.environ:
        found.setdefault("connect_timeout", _CONNECT_TIMEOUT)
    for name, number in _KEEPALIVES.items():
        found.setdefault(f"keepalives_{name}", number)
    return found


def _holder(connection: Connection, key: int) -> object:
    """Who holds an advisory lock: its application_name, and since when it is connected."""
    high, low = (key >> 32) & 0xFFFFFFFF, key & 0xFFFFFFFF
    return (
        value(
            connection,
            f"""
        SELECT a.application_name || ', connected since ' || date_trunc('second', a.backend_start)
        FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
            AND l.classid::bigint = {high} AND l.objid::bigint = {low}
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """,
        )
        or "it has just let go; try again"
    )
