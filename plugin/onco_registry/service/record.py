"""A job in the making: it holds the lock, and the ledger says when it began, what it did and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onco_etl import lock
from onco_etl.errors import OncoError
from onco_etl.runs import watched
from onco_registry.service import jobs

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from onco_etl.pipeline import RunReport

INTERRUPTED = 130


@dataclass
class Record:
    """What a job says of itself while it runs: the run that it made, numbers by name, failing quality checks."""

    run: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)

    def take(self, report: RunReport) -> RunReport:
        """Note what a run received; the report, for whoever goes on with it."""
        self.run = report.run
        self.counts |= {"received": report.received, **report.fates}
        return report


class AlreadyDone(Exception):  # noqa: N818 - nothing went wrong
    """The job succeeded at this business date, or at a later one, before."""


@contextmanager
def recorded(
    folder: Path,
    job: str,
    day: date | None = None,
    *,
    again: bool = False,
    turn: AbstractContextManager[None] | None = None,
) -> Iterator[Record]:
    """Hold the lock of a data folder, and `turn` where one is given, for a job and keep its row in the ledger.

    Raises, before anything is written, InUseError where another job holds either, and AlreadyDone where the job has
    succeeded at the business date `day` or a later one, unless it is to run `again`. What goes wrong within is recorded
    with its exit code, in our own words or by its kind alone, and goes on to the caller.
    """
    if not folder.is_dir():
        # Without a data folder there is no ledger either: what the job needs says so.
        yield Record()
        return
    with lock.held(folder, job), jobs.opened(folder) as engine, watched() as seconds:
        jobs.close_killed(engine)
        done = jobs.last_done(engine, job) if day and not again else None
        if day and done and done >= day:
            raise AlreadyDone(f"{job} of {day}: done already")
        with turn or nullcontext(), _attempt(engine, job, day, seconds) as record:
            yield record


@contextmanager
def _attempt(engine: Engine, job: str, day: date | None, seconds: dict[str, float]) -> Iterator[Record]:
    """The row of an attempt in the ledger, from its beginning to its end, however it ends."""
    attempt = jobs.begin(engine, job, day, version("onco-registry"))
    record = Record()
    ending: dict[str, Any] = {"outcome": "succeeded", "exit_code": 0}
    try:
        yield record
    except BaseException as error:
        ending = _ending(error)
        raise
    finally:
        told = {"run": record.run, "counts": record.counts, "failing": record.failing}
        jobs.end(engine, attempt, stages=seconds, **told, **ending)


def _ending(error: BaseException) -> dict[str, Any]:
    """How an error ends a job; the text of an error that is not ours may hold patient data."""
    if isinstance(error, KeyboardInterrupt):
        return {"outcome": "interrupted", "exit_code": INTERRUPTED, "message": "stopped"}
    if isinstance(error, OncoError):
        return {"outcome": "failed", "exit_code": error.exit_code, "message": str(error)}
    return {"outcome": "failed", "exit_code": 1, "message": type(error).__name__}
