"""Business dates: each date on which a job is due is one, whatever the clocks do that night."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from onco_etl.errors import ConfigurationError

# A monthly job of the last month is found, and no year of missed nights is looked through.
LOOK_BACK = timedelta(days=62)


@dataclass(frozen=True)
class Calendar:
    """When one job is due: a cron expression in the hospital's timezone.

    Raises ConfigurationError, naming the job, where the expression cannot be read or is due twice on a day.
    """

    job: str
    cron: str
    timezone: str

    def __post_init__(self) -> None:
        parts = self.cron.split()
        if not all(part.isdigit() for part in parts[:2]):
            self._refuse("one minute and one hour, such as '30 1 * * *': a job runs once per date")
        if any(character.isdigit() for part in parts[4:] for character in part):
            # For cron 0 is Sunday, for the scheduler Monday.
            self._refuse("days of the week by name, such as mon-fri")
        self.trigger(self.timezone)

    def trigger(self, timezone: str) -> CronTrigger:
        """The expression as a trigger of the scheduler."""
        try:
            return CronTrigger.from_crontab(self.cron, timezone=timezone)
        except ValueError as error:
            self._refuse(str(error))

    def newest_due(self, now: datetime) -> date | None:
        """The latest business date whose time has come by `now`; None where there is none in the last 62 days."""
        return max((day for day, moment in self._dates(now) if moment <= now), default=None)

    def moment(self, day: date) -> datetime:
        """The instant at which a business date is due, in UTC.

        A time that the clocks skip is as long after midnight as ever, so later by the clock; of a time that comes
        twice it is the first.
        """
        minute, hour = (int(part) for part in self.cron.split()[:2])
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    def next_due(self, now: datetime) -> datetime | None:
        """The instant of the first business date after `now`, in UTC; None where none comes within 62 days."""
        return min((moment for _, moment in self._dates(now + LOOK_BACK) if moment > now), default=None)

    def _refuse(self, reason: str) -> NoReturn:
        raise ConfigurationError(f"schedule.{self.job}: {self.cron!r}: {reason}") from None

    def _dates(self, until: datetime) -> Iterator[tuple[date, datetime]]:
        """Business dates up to that of `until`, each with its instant: the expression on a clock without changes."""
        wall = until.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=UTC)
        trigger, moment = self.trigger("UTC"), wall - LOOK_BACK * 2
        last = wall.replace(hour=23, minute=59)
        while (fire := trigger.get_next_fire_time(None, moment)) is not None and fire <= last:
            yield fire.date(), self.moment(fire.date())
            moment = fire + timedelta(minutes=1)
