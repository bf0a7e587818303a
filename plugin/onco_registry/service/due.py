"""Which job is due now, decided by the calendar and the ledger: once per business date, and again after a failure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Engine

from onco_registry.config import Config
from onco_registry.service import jobs
from onco_registry.service.calendar import Calendar
from onco_registry.service.meaning import has_failed
from onco_registry.service.settings import ScheduleSettings

JOBS = ("night", "bulletin")


def calendars(config: Config) -> Mapping[str, Calendar]:
    """Job -> its calendar, of those that are scheduled, in the order in which they run when both are due."""
    given = ((job, str(getattr(config.schedule, job))) for job in JOBS)
    return {job: Calendar(job, cron, config.timezone) for job, cron in given if cron}


def newest_date(engine: Engine, calendar: Calendar, now: datetime) -> date | None:
    """The newest business date of a job whose time has come; of the bulletin, none from before the site began.

    A night that was due then receives what there is; a bulletin would be of a month in which nobody looked.
    """
    day = calendar.newest_due(now)
    if day is None or calendar.job != "bulletin":
        return day
    begun = jobs.first_begun(engine)
    return day if begun is not None and begun <= calendar.moment(day) else None


def due(engine: Engine, calendar: Calendar, schedule: ScheduleSettings, now: datetime) -> date | None:
    """The business date for which a job is to run now, None where there is none.

    Only the newest date counts: a night that was missed is made up for by the next, which receives everything.
    """
    day = newest_date(engine, calendar, now)
    done = jobs.last_done(engine, calendar.job)
    if day is None or (done is not None and done >= day):
        return None
    # Nothing can be told before anything was received.
    if calendar.job == "bulletin" and jobs.last_done(engine, "night") is None:
        return None
    failed = [attempt for attempt in jobs.attempts(engine, calendar.job, day) if has_failed(attempt)]
    if len(failed) > schedule.retries:
        return None
    rest = timedelta(minutes=schedule.retry_minutes)
    return day if not failed or datetime.fromisoformat(failed[-1]["ended"]) + rest <= now else None


def business_date(config: Config, job: str, now: datetime) -> date:
    """The date that a job given by hand counts for: the newest on which it was due, else the hospital's today."""
    calendar = calendars(config).get(job)
    newest = calendar.newest_due(now) if calendar else None
    return newest or now.astimezone(config.zone).date()
