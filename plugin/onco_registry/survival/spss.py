"""The median with the symmetric interval that SPSS prints, for comparison with publications."""

from __future__ import annotations

import pandas as pd

from onco_registry.survival.curve import kaplan_meier
from onco_registry.survival.interval import DAYS_PER_MONTH, UNDEFINED, Interval, normal_quantile

_TOLERANCE = 1e-9


def spss_median(days: pd.Series[float], event: pd.Series[bool], ci_percent: float = 95) -> Interval:
    """The median in months with the symmetric interval that SPSS prints, for comparison with publications.

    Times are first rounded to 0.1 month. Median = first t with S <= 0.5; its standard error is SE[S(median)] / f,
    f = (S(u) - S(l)) / (l - u), with u the last event time with S >= .55 and l the first with S <= .45.
    """
    curve = kaplan_meier((days / DAYS_PER_MONTH).round(1), event, ci_percent)
    steps = curve[(curve["events"] > 0) | (curve["time"] == 0)]
    at_median = steps[steps["survival"] <= 0.5 + _TOLERANCE]
    if at_median.empty:
        return UNDEFINED
    found = at_median.iloc[0]
    above, below = steps[steps["survival"] >= 0.55 - _TOLERANCE], steps[steps["survival"] <= 0.45 + _TOLERANCE]
    if above.empty or below.empty:
        return Interval(float(found["time"]), float("nan"), float("nan"))
    upper, lower = above.iloc[-1], below.iloc[0]
    density = (upper["survival"] - lower["survival"]) / (lower["time"] - upper["time"])
    margin = normal_quantile(ci_percent) * found["std_error"] / density
    return Interval(float(found["time"]), float(found["time"] - margin), float(found["time"] + margin))
