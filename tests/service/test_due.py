"""What is due, by the ledger: once per date, again after a failure, not for ever, and never twice at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from onco_etl import lock
from onco_etl.errors import InUseError
from onco_registry.config import Config
from onco_registry.service import jobs
from onco_registry.service.calendar import Calendar
from onco_registry.service.due import business_date, due
from onco_registry.service.health import health
from onco_registry.service.record import AlreadyDone, recorded
from onco_registry.service.settings import ScheduleSettings

NIGHT = Calendar("night", "30 1 * * *", "UTC")
BULLETIN = Calendar("bulletin", "0 7 3 * *", "UTC")
DAY = date(2026, 11, 26)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SCHEDULE = ScheduleSettings(retries=2, retry_minutes=15)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Engine]:
    with jobs.opened(tmp_path) as engine:
        yield engine


def attempt(engine: Engine, job: str = "night", day: date = DAY, ended: datetime = NOON, **values: Any) -> None:
    """An attempt in the ledger; it failed unless `values` say otherwise."""
    number = jobs.begin(engine, job, day, "1.0")
    jobs.end(engine, number, **{"outcome": "failed", "exit_code": 3, **values})
    with engine.begin() as con:
        con.execute(update(jobs.JOB).where(jobs.JOB.c.id == number).values(ended=ended.isoformat()))


def test_a_date_is_due_until_it_succeeded(ledger: Engine) -> None:
    assert due(ledger, NIGHT, SCHEDULE, NOON) == DAY
    attempt(ledger, outcome="succeeded", exit_code=0)
    assert due(ledger, NIGHT, SCHEDULE, NOON) is None
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(days=1)) == date(2026, 11, 27)


def test_of_missed_dates_only_the_newest_is_made_up_for(ledger: Engine) -> None:
    attempt(ledger, outcome="succeeded", exit_code=0, day=date(2026, 11, 20))
    assert due(ledger, NIGHT, SCHEDULE, NOON) == DAY
    attempt(ledger, outcome="succeeded", exit_code=0)
    assert due(ledger, NIGHT, SCHEDULE, NOON) is None


def test_a_failure_is_tried_again_after_a_while_and_not_for_ever(ledger: Engine) -> None:
    attempt(ledger)
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(minutes=14)) is None
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(minutes=15)) == DAY
    attempt(ledger)
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(minutes=15)) == DAY
    attempt(ledger)
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(hours=9)) is None
    assert due(ledger, NIGHT, SCHEDULE, NOON + timedelta(days=1)) == date(2026, 11, 27)


def test_a_job_that_somebody_stopped_is_due_at_once_and_one_that_was_killed_counts_as_failed(ledger: Engine) -> None:
    for _ in range(5):
        attempt(ledger, outcome="interrupted", exit_code=130, message="stopped")
    assert due(ledger, NIGHT, SCHEDULE, NOON) == DAY
    attempt(ledger, outcome="interrupted", exit_code=None, message="killed")
    assert due(ledger, NIGHT, SCHEDULE, NOON) is None


def begun(engine: Engine, moment: datetime) -> None:
    """The site did something for the first time then."""
    number = jobs.begin(engine, "sync", None, "1.0")
    jobs.end(engine, number, outcome="succeeded", exit_code=0)
    with engine.begin() as con:
        con.execute(update(jobs.JOB).where(jobs.JOB.c.id == number).values(started=moment.isoformat()))


def test_a_bulletin_waits_for_the_first_night(ledger: Engine) -> None:
    begun(ledger, datetime(2026, 10, 20, tzinfo=UTC))
    assert due(ledger, BULLETIN, SCHEDULE, NOON) is None
    attempt(ledger, outcome="succeeded", exit_code=0)
    assert due(ledger, BULLETIN, SCHEDULE, NOON) == date(2026, 11, 3)


def test_no_bulletin_is_due_from_before_the_site_began(tmp_path: Path, ledger: Engine) -> None:
    schedule = ScheduleSettings(night="", bulletin="0 7 3 * *")
    config = Config(data=tmp_path, timezone="UTC", schedule=schedule)
    third = datetime(2026, 11, 3, 7, tzinfo=UTC)
    begun(ledger, third + timedelta(seconds=1))
    attempt(ledger, outcome="succeeded", exit_code=0)
    assert due(ledger, BULLETIN, SCHEDULE, NOON) is None
    # Nor is it late; the next one is as any.
    (bulletin,) = health(config, ledger, NOON).jobs
    assert (bulletin.ok, bulletin.why, bulletin.next) == (True, "not due yet", datetime(2026, 12, 3, 7, tzinfo=UTC))
    assert due(ledger, BULLETIN, SCHEDULE, datetime(2026, 12, 3, 7, tzinfo=UTC)) == date(2026, 12, 3)
    # A site that began just before is one that waits for its first night.
    begun(ledger, third)
    assert due(ledger, BULLETIN, SCHEDULE, NOON) == date(2026, 11, 3)


def test_a_job_given_by_hand_counts_for_the_newest_date_that_is_due() -> None:
    config = Config(timezone="UTC")
    assert business_date(config, "night", datetime(2026, 11, 26, 1, 29, tzinfo=UTC)) == date(2026, 11, 25)
    assert business_date(config, "night", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)) == DAY
    never = Config(timezone="Asia/Shanghai", schedule=ScheduleSettings(night=""))
    assert business_date(never, "night", datetime(2026, 11, 26, 17, tzinfo=UTC)) == date(2026, 11, 27)


def test_a_date_that_is_done_is_not_done_again_unless_asked(tmp_path: Path, ledger: Engine) -> None:
    with recorded(tmp_path, "night", DAY) as record:
        record.counts["received"] = 3
    with (
        pytest.raises(AlreadyDone, match="night of 2026-11-25: done already"),
        recorded(tmp_path, "night", date(2026, 11, 25)),
    ):
        pass
    with recorded(tmp_path, "night", DAY, again=True):
        pass
    found = [(row["outcome"], row["counts"]) for row in jobs.newest(ledger)]
    assert found == [("succeeded", {}), ("succeeded", {"received": 3})]


def test_one_job_at_a_time_and_the_second_is_told_who_holds_the_folder(tmp_path: Path, ledger: Engine) -> None:
    holds = r"in use by `onco-registry night` \(process \d+ on .*, since 20"
    with recorded(tmp_path, "night", DAY):
        assert lock.holder(tmp_path) is not None
        with pytest.raises(InUseError, match=holds), recorded(tmp_path, "sync"):
            pass
    assert lock.holder(tmp_path) is None
    assert [row["job"] for row in jobs.newest(ledger)] == ["night"]


def test_what_went_wrong_is_recorded_without_repeating_what_it_was_about(tmp_path: Path, ledger: Engine) -> None:
    with pytest.raises(ValueError, match="Li Lei"), recorded(tmp_path, "night", DAY):
        raise ValueError("could not convert Li Lei to DATE")
    with pytest.raises(KeyboardInterrupt), recorded(tmp_path, "night", DAY):
        raise KeyboardInterrupt
    found = [(row["outcome"], row["exit_code"], row["message"]) for row in jobs.newest(ledger)]
    assert found == [("interrupted", 130, "stopped"), ("failed", 1, "ValueError")]


def test_who_runs_by_the_ledger_while_the_lock_is_free_was_killed(tmp_path: Path, ledger: Engine) -> None:
    jobs.begin(ledger, "night", DAY, "1.0")
    with recorded(tmp_path, "sync"):
        pass
    found = [(row["job"], row["outcome"], row["message"]) for row in jobs.newest(ledger)]
    assert found == [("sync", "succeeded", None), ("night", "interrupted", "killed")]


@pytest.mark.parametrize(
    ("failures", "hours", "is_served", "ok", "why"),
    [
        (0, 1, False, True, "2026-11-26 is due"),
        (0, 7, False, False, "2026-11-26 is late"),
        (1, 1, True, True, "nothing could be read from the source (attempt 1); it is tried again"),
        (3, 1, True, False, "(attempt 3); it is not tried again; `onco-registry night` does"),
        (1, 1, False, False, "(attempt 1); no service runs to try it again; `onco-registry night` does"),
        (3, 1, False, False, "(attempt 3); no service runs to try it again; `onco-registry night` does"),
    ],
)
def test_health(tmp_path: Path, ledger: Engine, failures: int, hours: int, is_served: bool, ok: bool, why: str) -> None:
    schedule = ScheduleSettings(night="30 1 * * *", bulletin="", retries=2, late_hours=6)
    config = Config(data=tmp_path, timezone="UTC", schedule=schedule)
    for _ in range(failures):
        attempt(ledger)
    with lock.held(tmp_path, "serve", file=lock.SERVICE) if is_served else nullcontext():
        found = health(config, ledger, NIGHT.moment(DAY) + timedelta(hours=hours))
    assert (found.ok, found.jobs[0].ok) == (ok, ok)
    assert found.jobs[0].why.endswith(why)
