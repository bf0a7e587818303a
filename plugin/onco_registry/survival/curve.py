"""Kaplan-Meier curves as R's survfit gives them.

lifelines is not used for them: it counts who enters at a time as at risk at that time already, where R's intervals are
(entry, time]; it has one kind of band only, and that is 0 where survival is 0, where R has none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from onco_registry.survival.interval import CONF_TYPES, band
from onco_registry.survival.sample import Numbers, times

__all__ = ["CONF_TYPES", "kaplan_meier"]

_COLUMNS = ("time", "at_risk", "events", "censored", "survival", "std_error", "lower", "upper")


def kaplan_meier(
    time: Numbers,
    event: Numbers,
    ci_percent: float = 95,
    *,
    entry: Numbers | None = None,
    conf_type: str = "log-log",
) -> pd.DataFrame:
    """The curve by distinct time, from 0: time, at_risk, events, censored, survival, std_error, lower, upper.

    Who is censored at the time of an event is at risk of it. `entry` truncates on the left: at risk in (entry, time].
    std_error is Greenwood's; it and the band are not defined (NaN) where survival is 0, the log-log band not where
    survival is still 1 after somebody was censored. An empty sample gives an empty curve. Raises ValueError.
    """
    stop, start = times(time, entry)
    if len(stop) == 0:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in _COLUMNS})
    happened = np.asarray(event, dtype=bool)
    moments = np.unique(np.append(stop, 0.0))
    events = np.searchsorted(np.sort(stop[happened]), moments, side="right")
    left = np.searchsorted(np.sort(stop), moments, side="right")
    events, removed = np.diff(events, prepend=0), np.diff(left, prepend=0)
    entered = np.searchsorted(np.sort(start), moments, side="left")
    at_risk = entered - left + removed
    if removed[0] == 0:
        at_risk[0] = (start <= 0).sum()
    survival, log_error = _survival(at_risk, events)
    lower, upper = band(survival, log_error, ci_percent, conf_type)
    # R's summary has the limits 1 and 1 before the first time that anybody has.
    if removed[0] == 0:
        lower[0] = upper[0] = 1.0
    columns = (moments, at_risk, events, removed - events, survival, survival * log_error, lower, upper)
    return pd.DataFrame(dict(zip(_COLUMNS, columns, strict=True)))


def _survival(at_risk: np.ndarray, events: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Survival, and the standard error of its logarithm by Greenwood (NaN once survival is 0)."""
    happened = events > 0
    n, d = np.where(happened, at_risk, 1), np.where(happened, events, 0)
    survival = np.cumprod((n - d) / n)
    remaining = np.where(n > d, n - d, np.nan)
    return survival, np.sqrt(np.cumsum(d / (n * remaining)))
