"""Business dates: none is left out and none comes twice, on nights when the clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.service.calendar import Calendar

BERLIN = Calendar("night", "30 2 * * *", "Europe/Berlin")


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        # 29 March 2026: 02:00 becomes 03:00, so 02:30 does not exist.
        (date(2026, 3, 28), "2026-03-28T01:30"),
        (date(2026, 3, 29), "2026-03-29T01:30"),
        (date(2026, 3, 30), "2026-03-30T00:30"),
        # 25 October 2026: 03:00 becomes 02:00, so 02:30 comes twice.
        (date(2026, 10, 24), "2026-10-24T00:30"),
        (date(2026, 10, 25), "2026-10-25T00:30"),
        (date(2026, 10, 26), "2026-10-26T01:30"),
    ],
)
def test_the_instant_of_a_date(day: date, moment: str) -> None:
    assert BERLIN.moment(day).isoformat(timespec="minutes").removesuffix("+00:00") == moment


@pytest.mark.parametrize("changes", [date(2026, 3, 29), date(2026, 10, 25)])
def test_each_date_is_due_once_whatever_the_clocks_do(changes: date) -> None:
    start = datetime(changes.year, changes.month, changes.day, tzinfo=UTC) - timedelta(days=2)
    looks = [BERLIN.newest_due(start + timedelta(minutes=10 * n)) for n in range(6 * 24 * 4)]
    in_order = [day for n, day in enumerate(looks) if n == 0 or day != looks[n - 1]]
    assert in_order == [changes + timedelta(days=n) for n in (-3, -2, -1, 0, 1)]


def test_a_monthly_job_is_found_weeks_later() -> None:
    monthly = Calendar("bulletin", "0 7 3 * *", "Asia/Shanghai")
    assert monthly.newest_due(datetime(2026, 3, 2, 22, 59, tzinfo=UTC)) == date(2026, 2, 3)
    assert monthly.newest_due(datetime(2026, 3, 2, 23, 0, tzinfo=UTC)) == date(2026, 3, 3)
    assert monthly.next_due(datetime(2026, 3, 2, 23, 0, tzinfo=UTC)) == datetime(2026, 4, 2, 23, 0, tzinfo=UTC)


def test_days_of_the_week_by_name() -> None:
    weekdays = Calendar("night", "0 1 * * mon-fri", "UTC")
    # 29 November 2026 is a Sunday.
    assert weekdays.newest_due(datetime(2026, 11, 29, 12, tzinfo=UTC)) == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("cron", "fault"),
    [
        ("* 1 * * *", "one minute and one hour"),
        ("0 1,13 * * *", "one minute and one hour"),
        ("0 1 * * 0", "days of the week by name"),
        ("0 25 * * *", "higher than the maximum"),
        ("0 1 * *", "Wrong number of fields"),
        ("0 1 31 foo *", "foo"),
    ],
)
def test_a_wrong_expression_is_refused_by_the_name_of_its_setting(cron: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^schedule\.night: .*{fault}"):
        Calendar("night", cron, "UTC")
