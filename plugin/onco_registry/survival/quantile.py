"""Medians, other quantiles and landmark probabilities of a Kaplan-Meier curve, with the limits of its band."""

from __future__ import annotations

import numpy as np
import pandas as pd

from onco_registry.survival.interval import TOLERANCE, UNDEFINED, Floats, Interval

_COLUMNS = ("survival", "lower", "upper")


def median(curve: pd.DataFrame) -> Interval:
    """The median with the limits at which the band crosses one half, as R's print of a survfit finds them.

    On a plateau at exactly one half that ends it is the midpoint of the plateau, on one to the end its left end
    (where R's quantile() takes its middle, too).
    """
    return Interval(*(_half(curve["time"].to_numpy(), curve[column].to_numpy()) for column in _COLUMNS))


def quantile(curve: pd.DataFrame, probability: float) -> Interval:
    """The time by which a share of patients have had the event, with the band's limits, as R's quantile() of a survfit.

    On a plateau at exactly that share it is the middle, also of a plateau to the end. Raises ValueError for a
    probability outside 0 to 1.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies between 0 and 1, not {probability}")
    time = curve["time"].to_numpy(dtype=float)
    return Interval(*(_crossing(time, 1 - curve[column].to_numpy(dtype=float), probability) for column in _COLUMNS))


def survival_at(curve: pd.DataFrame, time: float, *, extend: bool = False) -> Interval:
    """Survival at a time with its band; after the last time observed not defined, unless survival is 0.

    With `extend`, the last value and band hold for ever, as in R's summary of a survfit (extend = TRUE).
    """
    if curve.empty or (time > curve["time"].iloc[-1] and curve["survival"].iloc[-1] > 0 and not extend):
        return UNDEFINED
    last = curve[curve["time"] <= time].iloc[-1]
    return Interval(float(last["survival"]), float(last["lower"]), float(last["upper"]))


def _half(time: Floats, level: Floats) -> float:
    """The first time at or below one half; on a plateau at exactly one half that ends, its midpoint."""
    below = level < 0.5 + TOLERANCE
    if not below.any():
        return float("nan")
    time, level = time[below], level[below]
    later = level < level[0]
    if abs(level[0] - 0.5) < TOLERANCE and later.any():
        return float((time[0] + time[later][0]) / 2)
    return float(time[0])


def _crossing(time: Floats, risk: Floats, probability: float) -> float:
    """Where a step function that rises from 0 crosses a probability: the middle of the plateau that it touches."""
    if len(risk) == 0:
        return float("nan")
    if probability == 0:
        return float(time[0])
    last, ends = time[-1], not np.isnan(risk[-1]) and abs(risk[-1] - probability) < TOLERANCE
    known = ~np.isnan(risk)
    risk, first = np.unique(risk[known], return_index=True)
    time = time[known][first]
    left = np.searchsorted(risk + TOLERANCE, probability, side="left")
    right = np.searchsorted(risk - TOLERANCE, probability, side="left")
    if left == len(risk):
        return float("nan")
    if ends:
        return float((time[left] + last) / 2)
    return float((time[left] + time[right]) / 2) if right < len(risk) else float("nan")
