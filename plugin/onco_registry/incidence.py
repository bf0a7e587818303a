"""Cumulative incidence of one event with others that rule it out, as the frames of safety show it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from onco_registry.survival import Interval, cumulative_incidence

AALEN_JOHANSEN = "aalen-johansen-log-log"
_EVENT, _COMPETING = 1, 2


def competing_incidence(
    time: pd.Series[int], event: pd.Series[bool], competing: pd.Series[bool], ci_percent: int = 95
) -> pd.DataFrame:
    """By distinct time: time, at_risk, events, competing, censored, incidence, lower, upper.

    `event` and `competing` exclude each other; who has neither is censored. No interval where the incidence is 0.
    """
    cause = np.select([event.to_numpy(bool), competing.to_numpy(bool)], [_EVENT, _COMPETING], 0)
    times, place = np.unique(time.to_numpy(), return_inverse=True)
    censored, events, others = (np.bincount(place, cause == kind, len(times)).astype(int) for kind in range(3))
    at_risk = (censored + events + others)[::-1].cumsum()[::-1]
    counted = {"time": times, "at_risk": at_risk, "events": events, "competing": others, "censored": censored}
    found = cumulative_incidence(time.to_numpy(float), cause, ci_percent)
    own = found[found["cause"] == _EVENT].set_index("time")[["incidence", "lower", "upper"]].astype(float)
    # Without any event the incidence is 0 throughout.
    risks = own.reindex(times).fillna({"incidence": 0.0}).reset_index(drop=True)
    return pd.concat([pd.DataFrame(counted), risks], axis="columns")


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
