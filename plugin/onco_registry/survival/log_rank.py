"""The log-rank test of two or more groups, stratified where wished (lifelines has no strata)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from onco_registry.survival.interval import Floats
from onco_registry.survival.sample import Numbers, times


@dataclass(frozen=True, slots=True)
class LogRank:
    """The test statistic with its degrees of freedom and p, and observed and expected events by group."""

    statistic: float
    degrees: int
    p: float
    observed: dict[str, int]
    expected: dict[str, float]


def log_rank(
    time: Numbers,
    event: Numbers,
    group: Numbers,
    strata: Numbers | None = None,
    *,
    entry: Numbers | None = None,
) -> LogRank:
    """Whether the hazards of groups differ, as R's survdiff (rho = 0) tests it; with strata, within each of them.

    `entry` truncates on the left, which survdiff does not do; without ties that is coxph's score test, too.
    A group of which nobody is at risk at any event takes no part. With fewer than two left, or where no event could
    have been another group's, statistic and p are NaN. Raises ValueError for times that are missing or negative.
    """
    stop, start = times(time, entry)
    happened = np.asarray(event, dtype=bool)
    labels, codes = np.unique(np.asarray(group), return_inverse=True)
    layers = np.zeros(len(stop), dtype=int) if strata is None else pd.factorize(np.asarray(strata))[0]
    observed, expected = np.bincount(codes[happened], minlength=len(labels)), np.zeros(len(labels))
    variance = np.zeros((len(labels), len(labels)))
    for layer in np.unique(layers):
        here = layers == layer
        found = _expected(stop[here], start[here], happened[here], codes[here], len(labels))
        expected, variance = expected + found[0], variance + found[1]
    statistic, degrees = _statistic(observed - expected, variance, expected > 0)
    names = [str(label) for label in labels]
    return LogRank(
        statistic,
        degrees,
        float(chi2.sf(statistic, degrees)),
        dict(zip(names, observed.tolist(), strict=True)),
        dict(zip(names, expected.tolist(), strict=True)),
    )


def _expected(
    stop: Floats, start: Floats, happened: np.ndarray, codes: np.ndarray, groups: int
) -> tuple[Floats, Floats]:
    """Expected events of each group and their covariance (hypergeometric), over the event times."""
    moments, d = np.unique(stop[happened], return_counts=True)
    own = [codes == group for group in range(groups)]
    at_risk = np.array([_before(start[one], moments) - _before(stop[one], moments) for one in own], dtype=float)
    n = at_risk.sum(axis=0)
    share = at_risk / n
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (share * d).sum(axis=1), variance


def _before(values: Floats, moments: Floats) -> np.ndarray:
    """How many values lie before each moment."""
    return np.searchsorted(np.sort(values), moments, side="left")


def _statistic(difference: Floats, variance: Floats, taking_part: np.ndarray) -> tuple[float, int]:
    kept = np.flatnonzero(taking_part)[1:]
    u, v = difference[kept], variance[np.ix_(kept, kept)]
    if len(kept) == 0 or np.linalg.matrix_rank(v) < len(kept):
        return float("nan"), len(kept)
    return float(u @ np.linalg.solve(v, u)), len(kept)
