"""An estimate with its limits, and what the intervals of survival share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

DAYS_PER_MONTH = 30.4375
CONF_TYPES = ("log-log", "log", "plain")
# R compares survival probabilities and times up to the square root of the machine's precision.
TOLERANCE = float(np.sqrt(np.finfo(float).eps))

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its limits; NaN where it is not reached or not defined."""

    estimate: float
    lower: float
    upper: float


UNDEFINED = Interval(float("nan"), float("nan"), float("nan"))


def normal_quantile(ci_percent: float) -> float:
    """The z of a two-sided interval: 1.959964 for 95 percent."""
    return float(norm.ppf(0.5 + ci_percent / 200))


def band(probability: Floats, log_error: Floats, ci_percent: float, conf_type: str) -> tuple[Floats, Floats]:
    """Limits of probabilities by the standard error of their logarithm, as R's survfit has them for a conf.type.

    Not defined (NaN) where the error is not, by a logarithm where a probability is 0, and by log-log where it is 1.
    Limits stay within 0 and 1. Raises ValueError for a conf_type that is none of CONF_TYPES.
    """
    if conf_type not in CONF_TYPES:
        raise ValueError(f"no interval {conf_type!r}: one of {', '.join(CONF_TYPES)}")
    margin = normal_quantile(ci_percent) * log_error
    if conf_type == "plain":
        return np.maximum(probability * (1 - margin), 0), np.minimum(probability * (1 + margin), 1)
    undefined = (probability <= 0) | ((probability >= 1) & (conf_type == "log-log"))
    p = np.where(undefined, np.nan, probability)
    if conf_type == "log":
        return p * np.exp(-margin), np.minimum(p * np.exp(margin), 1)
    power = np.exp(margin / np.log(p))
    return p ** (1 / power), p**power
