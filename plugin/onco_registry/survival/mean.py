"""Restricted mean survival time: the area under a Kaplan-Meier curve up to a fixed time."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np
import pandas as pd

from onco_registry.survival.interval import Interval, normal_quantile


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean or a difference of means with its standard error; NaN where it is not defined."""

    estimate: float
    std_error: float

    def interval(self, ci_percent: float = 95) -> Interval:
        """The mean with its normal interval."""
        margin = normal_quantile(ci_percent) * self.std_error
        return Interval(self.estimate, self.estimate - margin, self.estimate + margin)


def rmst(curve: pd.DataFrame, until: float) -> Mean:
    """The mean time lived up to `until`, in the curve's unit; not defined where the curve ends before, above 0.

    Variance: the sum over event times t of (area after t)^2 d / (n (n - d)), as in R's print(rmean = until); lifelines
    gives that of the time lived by one patient. Raises ValueError for a time that is not positive.
    """
    if until <= 0:
        raise ValueError(f"a restricted mean needs a time above 0, not {until}")
    if curve.empty or (curve["time"].iloc[-1] < until and curve["survival"].iloc[-1] > 0):
        return Mean(float("nan"), float("nan"))
    steps = curve[curve["time"] <= until]
    widths = np.diff(np.append(steps["time"].to_numpy(dtype=float), until))
    areas = widths * steps["survival"].to_numpy()
    after = np.cumsum(areas[::-1])[::-1]
    n, d = steps["at_risk"].to_numpy(dtype=float), steps["events"].to_numpy(dtype=float)
    # Nothing is left after an event of everybody at risk, so it adds nothing.
    terms = np.where(n > d, d / np.where(n > d, n * (n - d), 1), 0.0)
    return Mean(float(areas.sum()), sqrt(float((after**2 * terms).sum())))


def rmst_difference(curve: pd.DataFrame, reference: pd.DataFrame, until: float) -> Mean:
    """The restricted mean of a curve less that of an independent one, up to the same time."""
    first, second = rmst(curve, until), rmst(reference, until)
    return Mean(first.estimate - second.estimate, hypot(first.std_error, second.std_error))
