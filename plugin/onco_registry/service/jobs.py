"""The ledger of jobs: one row per attempt, in a small SQLite file that can be read while a job runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    Column,
    Date,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from onco_etl.errors import StateError
from onco_registry import clock

FILE = "jobs.sqlite"
# The message of an attempt whose process ended without a word.
KILLED = "killed"
Row = Mapping[str, Any]

_METADATA = MetaData()
# outcome: running, succeeded, failed or interrupted. business_date: none for a command that somebody gave by hand.
# counts: numbers of the run by name; stages: seconds by step; failing: names of quality checks that fail.
JOB = Table(
    "job",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("job", Text, nullable=False),
    Column("business_date", Date),
    Column("started", Text, nullable=False),
    Column("ended", Text),
    Column("outcome", Text, nullable=False),
    Column("exit_code", Integer),
    Column("message", Text),
    Column("run", Integer),
    Column("stages", JSON),
    Column("counts", JSON),
    Column("failing", JSON),
    Column("software", Text),
    Column("pid", Integer),
    Column("host", Text),
)
# What somebody is to be told of an attempt, once per kind; `waiting_for` names the channels that have not taken it.
NEWS = Table(
    "news",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("waiting_for", JSON, nullable=False),
    Column("tries", Integer, nullable=False),
    UniqueConstraint("attempt", "kind"),
)
# Which release of a bulletin went where, or is tried again; manifest: its SHA-256; state: waiting, sent or given-up.
SENDING = Table(
    "sending",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("registry", Text, nullable=False),
    Column("edition", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("manifest", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try", Text, nullable=False),
    UniqueConstraint("registry", "edition", "manifest", "channel", "recipient"),
)


def now() -> str:
    """The present instant, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def opened(folder: Path) -> Iterator[Engine]:
    """The ledger in a data folder, made (0600) where it is missing.

    Raises StateError where there is no such folder, or the ledger cannot be read or written.
    """
    if not folder.is_dir():
        raise StateError(f"{folder}: no such folder; create it with `onco-registry init`")
    path = folder / FILE
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    # Readers do not hold up the job, nor the job them.
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode = WAL"))
    try:
        _METADATA.create_all(engine)
        yield engine
    except DBAPIError as error:
        raise StateError(f"{path}: {error.orig}; see to the disk, and to who may write in the data folder") from error
    finally:
        engine.dispose()


def begin(engine: Engine, job: str, day: date | None, software: str) -> int:
    """Record that an attempt has begun, of a business date where one is given; its number."""
    row = {
        "job": job,
        "business_date": day,
        "started": now(),
        "outcome": "running",
        "software": software,
        "pid": os.getpid(),
        "host": socket.gethostname(),
    }
    with engine.begin() as con:
        return int(con.execute(insert(JOB).values(row).returning(JOB.c.id)).scalar_one())


def end(engine: Engine, attempt: int, **values: Any) -> None:
    """Record how an attempt ended: any of the columns of `job`."""
    with engine.begin() as con:
        con.execute(update(JOB).where(JOB.c.id == attempt).values(ended=now(), **values))


def close_killed(engine: Engine) -> None:
    """Whoever holds the lock may say that attempts which still run by the ledger were killed."""
    with engine.begin() as con:
        killed = update(JOB).where(JOB.c.outcome == "running")
        con.execute(killed.values(outcome="interrupted", ended=now(), message=KILLED))


def attempts(engine: Engine, job: str, day: date) -> list[Row]:
    """The attempts at a business date of a job, oldest first."""
    return _rows(engine, select(JOB).where(JOB.c.job == job, JOB.c.business_date == day).order_by(JOB.c.id))


def newest(engine: Engine, limit: int = 20, *, job: str | None = None) -> list[Row]:
    """The last attempts, of all jobs or of one at its business dates; newest first."""
    query = select(JOB).order_by(JOB.c.id.desc()).limit(limit)
    return _rows(engine, query if job is None else query.where(JOB.c.job == job, JOB.c.business_date.is_not(None)))


def last_succeeded(engine: Engine, job: str, *, before: int | None = None) -> Row | None:
    """The last attempt of a job at a business date that succeeded, of those before an attempt where one is given."""
    query = select(JOB).where(JOB.c.job == job, JOB.c.business_date.is_not(None), JOB.c.outcome == "succeeded")
    if before is not None:
        query = query.where(JOB.c.id < before)
    found = _rows(engine, query.order_by(JOB.c.id.desc()).limit(1))
    return found[0] if found else None


def add_news(engine: Engine, **values: Any) -> None:
    """Keep news of an attempt until every channel has taken it; what was kept of it before stays as it is."""
    with engine.begin() as con:
        con.execute(insert(NEWS).prefix_with("OR IGNORE").values(created=now(), tries=0, **values))


def undelivered(engine: Engine, most_tries: int) -> list[Row]:
    """News that some channel has not taken yet, oldest first, and was not tried more often than that."""
    waiting = (NEWS.c.waiting_for != []) & (NEWS.c.tries < most_tries)
    return _rows(engine, select(NEWS).where(waiting).order_by(NEWS.c.id))


def tried(engine: Engine, news: int, waiting_for: Sequence[str]) -> None:
    """Record that news was sent once more, and which channels have still not taken it."""
    with engine.begin() as con:
        changed = {"waiting_for": list(waiting_for), "tries": NEWS.c.tries + 1}
        con.execute(update(NEWS).where(NEWS.c.id == news).values(**changed))


def first_begun(engine: Engine) -> datetime | None:
    """When the site did anything for the first time, by hand or not; None where it did not yet."""
    with engine.connect() as con:
        found = con.execute(select(func.min(JOB.c.started))).scalar_one()
    return datetime.fromisoformat(found) if found else None


def last_done(engine: Engine, job: str) -> date | None:
    """The newest business date of a job that succeeded."""
    query = select(func.max(JOB.c.business_date)).where(JOB.c.job == job, JOB.c.outcome == "succeeded")
    with engine.connect() as con:
        found: date | None = con.execute(query).scalar_one()
    return found


def _rows(engine: Engine, query: Any) -> list[Row]:
    with engine.connect() as con:
        return [dict(row) for row in con.execute(query).mappings()]


def plain(row: Row) -> dict[str, Any]:
    """An attempt as plain data: dates as ISO 8601 text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def on_screen(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    """An attempt in one line of a table, its beginning by the hospital's clock."""
    seconds = None
    if row["ended"]:
        seconds = int((datetime.fromisoformat(row["ended"]) - datetime.fromisoformat(row["started"])).total_seconds())
    return {
        "job": row["job"],
        "date": row["business_date"],
        "started": clock.on_screen(row["started"], zone),
        "seconds": seconds,
        "outcome": row["outcome"],
        "run": row["run"],
        "counts": ", ".join(f"{name} {number:,}" for name, number in (row["counts"] or {}).items()),
        "message": row["message"],
    }
