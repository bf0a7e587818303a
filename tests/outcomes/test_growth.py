"""Growth modulation: the time under the combination over that of the line before."""

from __future__ import annotations

import pandas as pd
import pytest

from onco_registry.growth import benefited
from outcomes.record import Record, rows

COLUMNS = ("subject_id", "time_days", "event", "previous_time_days", "previous_decided_by")


def _growth(record: Record) -> list[tuple[object, ...]]:
    return rows(record.relation("growth_modulation"), *COLUMNS)


def test_to_the_progression_of_the_line_before(record: Record) -> None:
    record.member(1)  # gamma from day -180
    record.response(1, -140, "SD")
    record.response(1, -100, "PD")
    record.response(1, -50, "PD")
    record.response(1, 161, "PD")
    assert _growth(record) == [(1, 162, True, 81, "progression")]
    assert rows(record.relation("growth_modulation"), "ratio") == [(2.0,)]


def test_else_to_the_start_of_the_next_line(record: Record) -> None:
    record.background(1)
    record.drug(1, "alpha", -20, 100)  # the line begins with its first component
    record.drug(1, "beta", 0, 100)
    record.response(1, -180, "PD")  # of the line before that one
    record.response(1, 79, "SD")
    assert _growth(record) == [(1, 80, False, 161, "next_line")]


def test_where_nobody_has_a_second_line(record: Record) -> None:
    """Between two who are excluded: DuckDB failed here (docs/decisions/0011)."""
    for person, year in ((1, 2010), (2, 1970), (3, 2010)):
        record.background(person, (year, 1, 1))
        record.drug(person, "alpha", 0, 100)
        record.drug(person, "beta", 0, 100)
    assert _growth(record) == [(2, 1, False, 181, "next_line")]


def test_progression_on_the_day_of_the_next_line_is_of_the_line_before(record: Record) -> None:
    record.member(1)
    record.response(1, 0, "PD")
    assert _growth(record) == [(1, 1, False, 181, "progression")]


def test_of_two_lines_the_later(record: Record) -> None:
    record.member(1)
    record.condition(1, 211, -400)
    record.drug(1, "delta", -390, -330)
    record.response(1, -300, "PD")
    assert _growth(record) == [(1, 1, False, 181, "next_line")]


def test_a_line_that_does_not_count_is_not_compared(record: Record) -> None:
    record.member(1)
    record.con.execute("UPDATE cdm.condition_occurrence SET condition_start_date = DATE '2020-02-20'")
    record.drug(1, "delta", -600, -550)  # (neo)adjuvant: long before the relapse, and not the line before
    assert _growth(record) == [(1, 1, False, 181, "next_line")]


def test_each_patient_has_a_row(record: Record) -> None:
    record.member(1)
    record.member(2)
    assert [row[0] for row in _growth(record)] == [1, 2]


@pytest.mark.parametrize(
    ("time", "event", "previous", "expected"),
    [
        (133, True, 100, (1, 1, 0)),
        (132, True, 100, (0, 1, 0)),
        (133, False, 100, (1, 1, 0)),  # has reached it already
        (132, False, 100, (0, 0, 1)),  # may still reach it
        (500, True, None, (0, 0, 1)),
    ],
)
def test_who_benefited(time: int, event: bool, previous: int | None, expected: tuple[int, int, int]) -> None:
    frame = pd.DataFrame({"time_days": [time], "event": [event], "previous_time_days": [previous]})
    assert benefited(frame.astype({"previous_time_days": "Int64", "time_days": "Int64"})) == expected


def test_of_nobody_nobody_benefited(record: Record) -> None:
    assert benefited(record.relation("growth_modulation")) == (0, 0, 0)
