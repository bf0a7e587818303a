"""Where an estimate of time to event rests on few patients: what says so beside it."""

import re
from collections.abc import Iterable, Sequence
from itertools import dropwhile, takewhile

from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.sections.estimates import DAYS_PER

# Fewer than this say little: a survival curve is not drawn any more, an estimate is marked.
FEWEST_AT_RISK = 5


def few_at_risk(points: Iterable[Record], row: Record) -> str | None:
    """What of an estimate lies where fewer than five are at risk: 'estimate', 'upper' (its limit alone), or None.

    A rate or a restricted mean is of its time, in weeks or months, a median of itself. `points`: of the curve of the
    same patients.
    """
    if row.get("withheld"):
        return None
    points = list(points)
    if found := re.search(r"_(?:rate|rmst|rmst_difference)_(\d+)([mw])$", row["measure"]):
        return "estimate" if _at_risk(points, int(found[1]) * DAYS_PER[found[2]]) < FEWEST_AT_RISK else None
    # The day of an event comes back from rounded months.
    times = [None if value is None else value * DAYS_PER["m"] - 0.5 for value in (row["estimate"], row["upper"])]
    few = [time is not None and _at_risk(points, time) < FEWEST_AT_RISK for time in times]
    return "estimate" if few[0] else "upper" if few[1] else None


def shown_until(points: Iterable[Record]) -> float:
    """The last day before fewer than five are at risk, of points in order of time; 0 where there is none."""
    begun = dropwhile(lambda point: point["at_risk"] < FEWEST_AT_RISK, points)
    enough = takewhile(lambda point: point["at_risk"] >= FEWEST_AT_RISK, begun)
    return max((point["time_days"] for point in enough), default=0)


def _at_risk(points: Sequence[Record], days: float) -> int:
    """How many are at risk on a day, without those who were first seen since the last time before it."""
    earlier, later = ([point for point in points if (point["time_days"] >= days) is after] for after in (False, True))
    if not later:
        return 0
    # Of a curve that starts late the first point has nobody at risk.
    left = [point["at_risk"] - point["events"] - point["censored"] for point in earlier[-1:] if point["at_risk"]]
    return int(min([later[0]["at_risk"], *left]))
