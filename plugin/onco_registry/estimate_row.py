"""Rows of the long table of estimates, and the names of the methods that stand beside their numbers."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from onco_registry.survival import DAYS_PER_MONTH, Interval

Row = dict[str, Any]
OVERALL = "overall"
EXACT = "clopper-pearson"
LOG_LOG = "log-log"
SPSS = "spss-plain"
RMST = "rmst-normal"
LOG_RANK = "log-rank"
COX = "cox-efron-wald"
PH_TEST = "cox-zph-km"
# Stands in place of a method, with the reason after it, where there is no number.
NOT_COMPUTED = "not computed: "


def counted(stratum: str, times: pd.DataFrame, until: float = math.inf) -> Row:
    """How many patients there are, and how many had the event by a day, that day included."""
    events = times["event"].astype(bool) & (times["time_days"] <= until)
    return {"stratum": stratum, "n": len(times), "events": int(events.sum())}


def limits(found: Interval) -> Row:
    """The fields of an estimate with its limits."""
    return {"estimate": found.estimate, "lower": found.lower, "upper": found.upper}


def in_months(days: Interval) -> Interval:
    """Times in months of 30.4375 days."""
    return Interval(days.estimate / DAYS_PER_MONTH, days.lower / DAYS_PER_MONTH, days.upper / DAYS_PER_MONTH)


def from_day(method: str, day: int) -> str:
    """A method's name where what it gives is conditional on no event by a day; on day 0 it is not."""
    return f"{method}, from day {day}" if day else method
