"""Windows of time: no instant is lost between them, and none is read twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from onco_etl.server.windows import Window, split

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2024, 1, 2, tzinfo=UTC)


def holds(window: Window, instant: datetime) -> bool:
    return (window.start is None or window.start <= instant) and (window.end is None or instant < window.end)


def second(number: int) -> datetime:
    return START + timedelta(seconds=number)


@given(st.lists(st.integers(0, 86399), max_size=40), st.booleans())
def test_every_instant_is_in_one_window(seconds: list[int], first_load: bool) -> None:
    instants = [second(number) for number in seconds]

    def count(window: Window) -> int:
        return sum(holds(window, instant) for instant in instants)

    whole = Window(None if first_load else START, END)
    parts = list(split(whole, 3, count))
    assert [sum(holds(part, instant) for part in parts) for instant in instants] == [1] * len(instants)
    # Larger ones are a second long: what was written at once cannot be told apart.
    assert all(count(part) <= 3 or part.end == part.start + timedelta(seconds=1) for part in parts if part.start)
    assert parts == sorted(parts, key=lambda part: part.end or END)


def test_what_is_not_counted_is_one_window() -> None:
    assert list(split(Window(START, END), 3, lambda _: None)) == [Window(START, END)]


def test_what_is_empty_is_one_window() -> None:
    assert list(split(Window(START, END), 3, lambda _: 0)) == [Window(START, END)]


def test_a_server_that_counts_alike_in_every_window_has_no_smaller_ones() -> None:
    assert list(split(Window(START, END), 3, lambda _: 1000)) == [Window(START, END)]
    # It heeds the beginning of a window, not its end.
    assert list(split(Window(None, END), 3, lambda window: 1000 if window.start is None else 900)) == [
        Window(None, END)
    ]


def test_a_window_without_an_end_is_not_split() -> None:
    assert list(split(Window(START), 3, lambda _: 1000)) == [Window(START)]


def test_bounds_are_whole_seconds_in_utc() -> None:
    east = datetime(2024, 1, 1, 8, 0, 0, 999999, tzinfo=datetime.fromisoformat("2024-01-01T00:00:00+08:00").tzinfo)
    assert Window(east, END).parameters() == (
        ("_lastUpdated", "ge2024-01-01T00:00:00Z"),
        ("_lastUpdated", "lt2024-01-02T00:00:00Z"),
    )
    assert Window().parameters() == ()
