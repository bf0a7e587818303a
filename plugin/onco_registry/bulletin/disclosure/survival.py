"""Survival from a grid of 30 days, coarser where less than k events or censorings would show.

The curve, its limits, medians and rates are estimated anew from what is told: as if whoever left within an interval had
left at its end. It stops where what follows would be of a few. An estimate is told where the interval that holds its
time is short, so that this hardly matters; of a curve of a few intervals nothing is told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.sections.estimates import DAYS_PER, PREFERRED_CI_METHOD
from onco_registry.survival import DAYS_PER_MONTH, Interval, kaplan_meier, median, survival_at

GRID_DAYS = 30
# Fewer intervals in which somebody left are no curve; in a longer one no time is known well enough to be an estimate.
FEWEST_INTERVALS = 3
LONGEST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Told:
    """The intervals that are told, by their ends: `days`, `events`, `censored`, and who is at risk after each."""

    n: int
    days: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]

    def known(self) -> dict[tuple[str, int], int]:
        """(what, day) -> patients with the event, censored and at risk by the end of each day that tells of it.

        Within an interval in which nobody had the event, or nobody left, it is as before at each day of the grid.
        """
        found = {("events", 0): 0, ("censored", 0): 0, ("at risk", 0): self.n}
        before = events = censored = 0
        for end, happened, lost in zip(self.days, self.events, self.censored, strict=True):
            gone = happened + lost
            for what, moved, so_far in (
                ("events", happened, events := events + happened),
                ("censored", lost, censored := censored + lost),
                ("at risk", gone, self.n - events - censored),
            ):
                first = end if moved else before + GRID_DAYS
                found |= {(what, day): so_far for day in range(first, end + 1, GRID_DAYS)}
            before = end
        return found

    def near(self, days: float) -> bool:
        """Whether the interval that holds a day is short."""
        ends = (0, *self.days)
        return any(start <= days <= end and end - start <= LONGEST_DAYS for start, end in pairwise(ends))

    def events_until(self, days: float) -> int:
        """Events of the intervals that end by a day."""
        return sum(events for end, events in zip(self.days, self.events, strict=True) if end <= days)

    def curve(self, percent: float, *, reverse: bool = False) -> pd.DataFrame:
        """Kaplan-Meier with a log-log band; who is at risk after the last interval is censored at its end."""
        counts = (self.censored, self.events) if reverse else (self.events, self.censored)
        remaining = self.n - sum(self.events) - sum(self.censored)
        time = np.concatenate([np.repeat(self.days, counts[0]), np.repeat(self.days, counts[1])])
        happened = np.concatenate([np.ones(sum(counts[0])), np.zeros(sum(counts[1]))])
        last = np.full(remaining, self.days[-1] if self.days else 0)
        return kaplan_meier(np.concatenate([time, last]), np.concatenate([happened, np.zeros(remaining)]), percent)


def survival(entries: list[Record], patients: int, rule: Rule) -> tuple[list[Record], dict[str, Told]]:
    """The entries with told intervals only, and those intervals by endpoint.

    Who is at risk of one endpoint, or had it, is mostly at risk of another, or had it. So on each day that both tell
    of, these numbers differ by 0 or at least k.
    """
    told: dict[str, Told] = {}
    for entry in entries:
        others = [other for other in told.values() if other.days]
        told[entry["endpoint"]] = _intervals(entry["curve"]["points"], patients, others, rule)
    return [_entry(entry, told[entry["endpoint"]]) for entry in entries], told


def follow_up(row: Record | None, told: Mapping[str, Told]) -> Record | None:
    """Median follow-up by reverse Kaplan-Meier, from the intervals of overall survival that are told."""
    if row is None:
        return None
    found = told.get("os")
    if found is None or not found.days:
        return withheld(row)
    half = median(found.curve(_percent(row), reverse=True))
    if math.isnan(half.estimate) or not found.near(half.estimate):
        return withheld(row)
    return _filled(row, half, found, sum(found.censored), 1 / DAYS_PER_MONTH)


def apart(one: Told, other: Told) -> dict[tuple[str, int], int]:
    """By how much two endpoints differ in who had them, or is at risk, on each day that both tell of."""
    mine, others = one.known(), other.known()
    return {name: mine[name] - others[name] for name in mine.keys() & others.keys() if name[0] != "censored"}


def _intervals(points: list[Record], patients: int, others: Sequence[Told], rule: Rule) -> Told:
    removed = [(point["time_days"], point["events"], point["censored"]) for point in points]
    n = sum(events + censored for _, events, censored in removed)
    found = Told(n, (), (), ())
    if not points or points[0]["at_risk"] != n or not _may(found, patients, others, rule):
        # Patients who came after their index: who is at risk does not follow from who left.
        return found
    events = censored = 0
    left = n
    for end, happened, lost in _grid(removed):
        events, censored, left = events + happened, censored + lost, left - happened - lost
        trial = Told(n, (*found.days, end), (*found.events, events), (*found.censored, censored))
        if left >= rule.k and rule.count(events, censored) and _may(trial, patients, others, rule):
            found, events, censored = trial, 0, 0
    somebody_left = sum(gone > 0 for gone in map(sum, zip(found.events, found.censored, strict=True)))
    return found if somebody_left >= FEWEST_INTERVALS else Told(n, (), (), ())


def _may(told: Told, patients: int, others: Sequence[Told], rule: Rule) -> bool:
    """Whether it may be told beside the other endpoints."""
    moved = (abs(count) for other in others for count in apart(told, other).values())
    return rule.count(told.n, patients - told.n, *moved)


def _grid(removed: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """(end, events, censored) of every interval of the grid, up to the last patient."""
    last = max(math.ceil(days / GRID_DAYS) for days, _, _ in removed)
    events, censored = np.zeros(last + 1, dtype=int), np.zeros(last + 1, dtype=int)
    for days, happened, lost in removed:
        events[math.ceil(days / GRID_DAYS)] += happened
        censored[math.ceil(days / GRID_DAYS)] += lost
    events[1:2] += events[0]
    censored[1:2] += censored[0]
    return [(position * GRID_DAYS, int(events[position]), int(censored[position])) for position in range(1, last + 1)]


def read(curve: Record) -> Told:
    """The intervals of a curve of the public document."""
    points = [point for point in curve["points"] if point["time_days"]]
    days, events, censored = (tuple(point[name] for point in points) for name in ("time_days", "events", "censored"))
    return Told(curve["points"][0]["at_risk"] if points else 0, days, events, censored)


def _entry(entry: Record, told: Told) -> Record:
    rows = [row for row in entry["estimates"] if row["ci_method"] == PREFERRED_CI_METHOD]
    estimates = [_estimate(row, told, entry["endpoint"]) for row in rows]
    return {**entry, "estimates": estimates, "strata": [], "decided_by": [], "curve": _curve(told, rows)}


def _curve(told: Told, rows: list[Record]) -> Record:
    if not told.days:
        return {"shown_until_days": None, "grid_days": GRID_DAYS, "points": []}
    drawn = told.curve(_percent(rows[0]) if rows else 95.0)
    lost = {0: 0, **dict(zip(told.days, told.censored, strict=True))}
    columns = ["time", "at_risk", "events", "survival", "lower", "upper"]
    points = [
        {
            "time_days": round(time),
            "at_risk": round(at_risk),
            "events": round(events),
            "censored": lost[round(time)],
            "survival": survival,
            "lower": _or_none(lower),
            "upper": _or_none(upper),
        }
        for time, at_risk, events, survival, lower, upper in drawn[columns].to_numpy(dtype=float).tolist()
    ]
    return {"shown_until_days": told.days[-1], "grid_days": GRID_DAYS, "points": points}


def _estimate(row: Record, told: Told, endpoint: str) -> Record:
    if not told.days:
        return withheld(row)
    curve, measure = told.curve(_percent(row)), row["measure"].removeprefix(f"{endpoint}_")
    if measure == "median":
        found = median(curve)
        near = all(told.near(days) for days in (found.estimate, found.lower, found.upper) if not math.isnan(days))
        reached = not math.isnan(found.estimate) and near
        return _filled(row, found, told, sum(told.events), 1 / DAYS_PER_MONTH) if reached else withheld(row)
    kind, _, when = measure.partition("_")
    days = float(when[:-1]) * DAYS_PER[when[-1]] if kind == "rate" else math.inf
    if days > told.days[-1] or not told.near(days):
        return withheld(row)
    return _filled(row, survival_at(curve, days), told, told.events_until(days), 1.0)


def _filled(row: Record, found: Interval, told: Told, events: int, factor: float) -> Record:
    numbers = {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}
    return {**row, **{name: _or_none(value * factor) for name, value in numbers.items()}, "n": told.n, "events": events}


def _percent(row: Record) -> float:
    return 100 * (row["ci_level"] or 0.95)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else round(float(value), 10)
