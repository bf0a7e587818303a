"""Runs: each change of the workspace is one numbered run and one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import structlog

from onco_etl import workspace
from onco_etl.errors import OncoError
from onco_etl.query import literal, scalar

log = structlog.get_logger()

# Of a run that was stopped: its batch may have been landed, but nothing of it is in the tables.
NOT_MERGED = "nothing of it was merged: run it again, with the same files"
# The vocabulary release until a site loads one.
STARTER_MAPS = "starter maps"


# Kinds of runs that receive something.
RECEIVING = ("sync", "replay")
# The kind of a run that erases.
ERASE = "erase"


def next_run(con: duckdb.DuckDBPyConnection, landing: Path) -> int:
    """The number of the run about to begin; numbers of killed runs, known from the landing zone, are not reused."""
    recorded: int = scalar(con, "SELECT coalesce(max(run), 0) FROM state.run")
    landed = (int(entry.name) for entry in landing.iterdir() if entry.name.isdigit())
    return max(recorded, *landed, 0) + 1


def complete(con: duckdb.DuckDBPyConnection) -> set[int]:
    """The runs that were committed."""
    return {run for (run,) in con.execute("SELECT run FROM state.run WHERE status = 'complete'").fetchall()}


def warn_of_new_source(con: duckdb.DuckDBPyConnection, source: str) -> None:
    """Log a warning where runs were of other sources and none of this one: with its name every patient is new."""
    found = con.execute("SELECT DISTINCT source FROM state.run WHERE source IS NOT NULL ORDER BY 1").fetchall()
    known = [name for (name,) in found]
    if known and source not in known:
        log.warning("a new source: its patients are others than those of", known=", ".join(known), source=source)


def begin(con: duckdb.DuckDBPyConnection, run: int, *, kind: str, source: str | None) -> None:
    """Record that a run has begun, before it touches anything: where it is killed, whoever looks is told."""
    con.execute(
        f"""
        INSERT INTO state.run (run, kind, source, started, status)
        VALUES ({run}, {literal(kind)}, {literal(source)}, {_now()}, 'running')
        """
    )


def forget(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Take back that a run has begun: it received nothing and changed nothing."""
    con.execute(f"DELETE FROM state.run WHERE run = {run}")


@contextmanager
def transaction(
    con: duckdb.DuckDBPyConnection,
    run: int,
    *,
    kind: str,
    source: str | None,
    mapping_hash: str,
    rehearsal: bool = False,
) -> Iterator[None]:
    """One run: everything inside is committed together or not at all, and `state.run` says which.

    A rehearsal is taken back at its end, and nothing says that it was.
    """
    # This process holds the only lock: a run still marked as running was killed.
    con.execute(
        f"""
        UPDATE state.run SET status = 'interrupted', finished = {_now()}, message = {literal(NOT_MERGED)}
        WHERE status = 'running' AND run <> {run};

        DELETE FROM state.run WHERE run = {run};
        INSERT INTO state.run (run, kind, source, started, status, mapping_hash, vocabulary_release)
        VALUES (
            {run}, {literal(kind)}, {literal(source)}, {_now()}, 'running', {literal(mapping_hash)},
            -- A run that maps says which it uses.
            coalesce((
                SELECT vocabulary_release FROM state.run
                WHERE kind <> 'recompute' AND status = 'complete' ORDER BY run DESC LIMIT 1
            ), {literal(STARTER_MAPS)})
        )
        """
    )
    con.execute("BEGIN")
    try:
        yield
        if rehearsal:
            con.execute("ROLLBACK")
            forget(con, run)
            return
        con.execute(f"UPDATE state.run SET status = 'complete', finished = {_now()} WHERE run = {run}")
        con.execute("COMMIT")
    except BaseException as error:
        # Only our own messages are known to hold no patient data.
        own = str(error) if isinstance(error, OncoError) else workspace.storage_fault(error)
        message = own or type(error).__name__
        # DuckDB turns an interrupt within a query into a RuntimeError.
        stopped = isinstance(error, KeyboardInterrupt) or "interrupted" in str(error).lower()
        status = "interrupted" if stopped else "failed"
        ended = f"status = '{status}', finished = {_now()}, message = {literal(NOT_MERGED if stopped else message)}"
        # Where the disk is full, neither may be possible: what is not committed goes when the file is closed.
        with suppress(duckdb.Error):
            con.execute("ROLLBACK")
            con.execute(f"UPDATE state.run SET {ended} WHERE run = {run}")
        if stopped:
            raise KeyboardInterrupt from None
        raise


def _now() -> str:
    """The present, as SQL; now() of DuckDB is when the transaction began."""
    return f"TIMESTAMPTZ {literal(datetime.now(UTC).isoformat())}"


# Seconds by step, of whoever watches.
_WATCHED: ContextVar[dict[str, float] | None] = ContextVar("seconds", default=None)


@contextmanager
def watched() -> Iterator[dict[str, float]]:
    """Step -> seconds of the steps that are timed within; a step that comes again adds up."""
    seconds: dict[str, float] = {}
    token = _WATCHED.set(seconds)
    try:
        yield seconds
    finally:
        _WATCHED.reset(token)


@contextmanager
def timed(step: str, **context: object) -> Iterator[None]:
    """Log a step of a run with its seconds; of the many steps of the mapping, only for debugging."""
    started = time.perf_counter()
    yield
    took = round(time.perf_counter() - started, 2)
    if (seconds := _WATCHED.get()) is not None:
        seconds[step] = round(seconds.get(step, 0) + took, 2)
    say = log.debug if step == "mapped" else log.info
    say(step, **context, seconds=took)
