"""Rates per person-time with exact Poisson intervals, and cumulative incidence with competing events.

The cumulative incidence is that of Aalen and Johansen (Scand J Stat 1978;5:141-150): at each time all that happened
then is taken together, so ties need no order (lifelines' AalenJohansenFitter moves them at random). Its variance is
that of the delta method (Marubini and Valsecchi, Analysing Survival Data, 1995, section 10.4), its interval log(-log).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chi2, norm

from onco_registry.survival import Interval

POISSON = "exact-poisson"
AALEN_JOHANSEN = "aalen-johansen-log-log"
Floats = npt.NDArray[np.float64]


def poisson_rate(events: int, person_time: float, ci_percent: int = 95) -> Interval:
    """events / person_time with the exact interval (Garwood, Biometrika 1936;28:437-442); NaN without person-time."""
    if person_time <= 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    tail = (1 - ci_percent / 100) / 2
    lower = chi2.ppf(tail, 2 * events) / 2 if events else 0.0
    upper = chi2.ppf(1 - tail, 2 * events + 2) / 2
    return Interval(events / person_time, float(lower / person_time), float(upper / person_time))


def cumulative_incidence(
    time: pd.Series[int], event: pd.Series[bool], competing: pd.Series[bool], ci_percent: int = 95
) -> pd.DataFrame:
    """By distinct time: time, at_risk, events, competing, censored, incidence, lower, upper.

    `event` and `competing` exclude each other; who has neither is censored. No interval where the incidence is 0 or 1.
    """
    times, place = np.unique(time.to_numpy(), return_inverse=True)
    happened, other = event.to_numpy(bool), competing.to_numpy(bool)
    d, rivals = (np.bincount(place, kind, len(times)).astype(np.float64) for kind in (happened, other))
    n = np.bincount(place, minlength=len(times))[::-1].cumsum()[::-1].astype(float)
    free = np.concatenate([[1.0], np.cumprod(1 - (d + rivals) / n)])[:-1]
    incidence = np.cumsum(free * d / n)
    lower, upper = _log_log(incidence, np.sqrt(_variance(incidence, free, n, d, d + rivals)), ci_percent)
    return pd.DataFrame(
        {
            "time": times,
            "at_risk": n.astype(int),
            "events": d.astype(int),
            "competing": rivals.astype(int),
            "censored": np.bincount(place, ~(happened | other), len(times)).astype(int),
            "incidence": incidence,
            "lower": lower,
            "upper": upper,
        }
    )


def incidence_at(curve: pd.DataFrame, time: float) -> Interval:
    """The incidence at a time; not defined after the last time observed, unless nobody is left without event."""
    nothing = Interval(float("nan"), float("nan"), float("nan"))
    if curve.empty or (time > curve["time"].iloc[-1] and curve["censored"].iloc[-1] > 0):
        return nothing
    reached = curve[curve["time"] <= time]
    if reached.empty:
        return Interval(0.0, float("nan"), float("nan"))
    last = reached.iloc[-1]
    return Interval(float(last["incidence"]), float(last["lower"]), float(last["upper"]))


def _variance(incidence: Floats, free: Floats, n: Floats, d: Floats, gone: Floats) -> Floats:
    """The delta-method variance at each time; sums over earlier times j of terms in incidence(t) - incidence(j)."""
    ahead = incidence[:, None] - incidence[None, :]
    earlier = np.tril(np.ones_like(ahead))
    # Where nobody is left, the incidence no longer changes and the term is 0.
    hazard = np.divide(gone, n * (n - gone), out=np.zeros_like(n), where=n > gone)
    own = free**2 * d * (n - d) / n**3
    both = free * d / n**2
    return np.asarray(((ahead**2 * hazard + own - 2 * ahead * both) * earlier).sum(axis=1).clip(min=0))


def _log_log(incidence: Floats, error: Floats, ci_percent: int) -> tuple[Floats, Floats]:
    inside = (incidence > 0) & (incidence < 1)
    lower, upper = np.full_like(incidence, np.nan), np.full_like(incidence, np.nan)
    value = incidence[inside]
    width = norm.ppf(0.5 + ci_percent / 200) * error[inside] / (value * np.log(value))
    lower[inside], upper[inside] = value ** np.exp(-width), value ** np.exp(width)
    return lower, upper
