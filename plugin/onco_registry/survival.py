"""Kaplan-Meier curves, their medians and rates, each with its interval method.

Times are days, counted end - start + 1; results in months are days / 30.4375. The curve and its log-log band come
from lifelines. Its median is not used: on a plateau at exactly one half it gives the left end, where R's survival
package (print.survfit) gives the midpoint, and its band at survival 0 is 0, where R has none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]
from scipy.stats import norm

DAYS_PER_MONTH = 30.4375
# R compares survival with one half up to the square root of the machine's precision.
_R_TOLERANCE = float(np.sqrt(np.finfo(float).eps))


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits; NaN where it is not reached or not defined."""

    estimate: float
    lower: float
    upper: float


def kaplan_meier(time: pd.Series[float], event: pd.Series[bool], ci_percent: int = 95) -> pd.DataFrame:
    """The curve by distinct time, from 0: time, at_risk, events, censored, survival, lower, upper (log-log).

    The band is not defined (NaN) where survival is 0. An empty sample gives an empty curve.
    """
    columns = ["time", "at_risk", "events", "censored", "survival", "lower", "upper"]
    if time.empty:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in columns})
    fitter = KaplanMeierFitter(alpha=1 - ci_percent / 100).fit(time.astype(float), event.astype(bool))
    table, band = fitter.event_table, fitter.confidence_interval_
    survival = fitter.survival_function_.iloc[:, 0].to_numpy()
    reached = survival > 0
    return pd.DataFrame(
        {
            "time": table.index.to_numpy(dtype=float),
            "at_risk": table["at_risk"].to_numpy(dtype=int),
            "events": table["observed"].to_numpy(dtype=int),
            "censored": table["censored"].to_numpy(dtype=int),
            "survival": survival,
            "lower": np.where(reached, band.iloc[:, 0].to_numpy(), np.nan),
            "upper": np.where(reached, band.iloc[:, 1].to_numpy(), np.nan),
        }
    )


def median(curve: pd.DataFrame) -> Interval:
    """The median with the limits at which the band crosses one half, as R's print.survfit finds them."""
    return Interval(*(_crossing(curve, column) for column in ("survival", "lower", "upper")))


def _crossing(curve: pd.DataFrame, column: str) -> float:
    """The first time at or below one half; on a plateau at exactly one half that ends, its midpoint."""
    below = curve[curve[column] < 0.5 + _R_TOLERANCE]
    if below.empty:
        return float("nan")
    first = below.iloc[0]
    later = below[below[column] < first[column]]
    if abs(first[column] - 0.5) < _R_TOLERANCE and not later.empty:
        return float((first["time"] + later.iloc[0]["time"]) / 2)
    return float(first["time"])


def survival_at(curve: pd.DataFrame, time: float) -> Interval:
    """Survival at a time with its band; not defined after the last time observed, unless nobody is left."""
    if curve.empty or (time > curve["time"].iloc[-1] and curve["survival"].iloc[-1] > 0):
        return Interval(float("nan"), float("nan"), float("nan"))
    last = curve[curve["time"] <= time].iloc[-1]
    return Interval(float(last["survival"]), float(last["lower"]), float(last["upper"]))


def spss_median(days: pd.Series[float], event: pd.Series[bool], ci_percent: int = 95) -> Interval:
    """The median in months with the symmetric interval that SPSS prints, for comparison with publications.

    Times are first rounded to 0.1 month. Median = first t with S <= 0.5; its standard error is SE[S(median)] / f,
    f = (S(u) - S(l)) / (l - u), with u the last event time with S >= .55 and l the first with S <= .45.
    """
    undefined = Interval(float("nan"), float("nan"), float("nan"))
    curve = kaplan_meier((days / DAYS_PER_MONTH).round(1), event, ci_percent)
    if curve.empty:
        return undefined
    steps = curve[(curve["events"] > 0) | (curve["time"] == 0)].assign(error=_greenwood(curve))
    at_median = steps[steps["survival"] <= 0.5 + 1e-9]
    if at_median.empty:
        return undefined
    found = at_median.iloc[0]
    above, below = steps[steps["survival"] >= 0.55 - 1e-9], steps[steps["survival"] <= 0.45 + 1e-9]
    if above.empty or below.empty:
        return Interval(float(found["time"]), float("nan"), float("nan"))
    upper, lower = above.iloc[-1], below.iloc[0]
    density = (upper["survival"] - lower["survival"]) / (lower["time"] - upper["time"])
    margin = norm.ppf(0.5 + ci_percent / 200) * found["error"] / density
    return Interval(float(found["time"]), float(found["time"] - margin), float(found["time"] + margin))


def _greenwood(curve: pd.DataFrame) -> pd.Series[float]:
    """Greenwood's standard error of survival at each time; not defined where survival is 0."""
    left = (curve["at_risk"] - curve["events"]).where(curve["survival"] > 0)
    terms = curve["events"] / (curve["at_risk"] * left)
    return curve["survival"] * np.sqrt(terms.cumsum())
