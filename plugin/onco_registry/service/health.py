"""Whether all is well: each scheduled job succeeded at its newest date, or still may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from onco_etl import lock
from onco_registry.config import Config
from onco_registry.service import jobs
from onco_registry.service.calendar import Calendar
from onco_registry.service.due import calendars, newest_date
from onco_registry.service.meaning import advice, has_failed, meaning


@dataclass(frozen=True)
class JobHealth:
    """One scheduled job: is it well, why, what to do, its newest date that succeeded, and when it is next."""

    job: str
    ok: bool
    why: str
    to_do: str | None
    last_done: date | None
    next: datetime | None


@dataclass(frozen=True)
class Health:
    """All scheduled jobs, and the command that holds the data folder now."""

    jobs: Sequence[JobHealth]
    running: str | None

    @property
    def ok(self) -> bool:
        """Whether every job is well."""
        return all(job.ok for job in self.jobs)


def health(config: Config, engine: Engine, now: datetime) -> Health:
    """How the jobs of a site are at an instant."""
    holder = lock.holder(config.data)
    found = [_of(config, engine, calendar, now, holder) for calendar in calendars(config).values()]
    return Health(found, holder.command if holder else None)


def _of(config: Config, engine: Engine, calendar: Calendar, now: datetime, holder: lock.Holder | None) -> JobHealth:
    day, done = newest_date(engine, calendar, now), jobs.last_done(engine, calendar.job)
    ok, why, to_do = True, f"done for {done}" if done else "not due yet", None
    if day is not None and (done is None or done < day):
        ok, why, to_do = _open(config, engine, calendar, day, now, holder)
    return JobHealth(calendar.job, ok, why, to_do, done, calendar.next_due(now))


def _open(
    config: Config, engine: Engine, calendar: Calendar, day: date, now: datetime, holder: lock.Holder | None
) -> tuple[bool, str, str | None]:
    """Whether a date that is not done is still well, why, and what to do."""
    if holder is not None and holder.command == calendar.job:
        return True, f"running for {day}", None
    failed = [attempt for attempt in jobs.attempts(engine, calendar.job, day) if has_failed(attempt)]
    late = now > calendar.moment(day) + timedelta(hours=config.schedule.late_hours)
    if failed:
        again = len(failed) <= config.schedule.retries and is_served(config)
        said = f"{day} failed: {meaning(failed[-1])} (attempt {len(failed)})"
        return again and not late, f"{said}; {_then(config, calendar.job, again)}", advice(failed[-1])
    if late:
        return False, f"{day} is late", "look whether `onco-registry serve` runs"
    return True, f"{day} is due", None


def is_served(config: Config) -> bool:
    """Whether a service runs on the data folder, which tries again what failed."""
    return lock.holder(config.data, file=lock.SERVICE) is not None


def _then(config: Config, job: str, again: bool) -> str:
    """What becomes of a date that failed."""
    if again:
        return "it is tried again"
    if is_served(config):
        return f"it is not tried again; `onco-registry {job}` does"
    return f"no service runs to try it again; `onco-registry {job}` does"


def plain(found: Health) -> dict[str, Any]:
    """The same as plain data: dates as ISO 8601 text."""
    listed = [{n: v.isoformat() if isinstance(v, date) else v for n, v in asdict(job).items()} for job in found.jobs]
    return {"status": "ok" if found.ok else "failing", "running": found.running, "jobs": listed}
