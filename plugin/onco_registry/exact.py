"""Exact intervals of counts: proportions by the binomial distribution, rates by the Poisson distribution."""

from __future__ import annotations

from scipy.stats import binomtest, chi2

from onco_registry.survival.interval import UNDEFINED, Interval


def proportion(x: int, n: int, ci_percent: float = 95) -> Interval:
    """x / n with the exact (Clopper-Pearson) interval; NaN for n = 0. Raises ValueError unless 0 <= x <= n."""
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n} is no proportion")
    if n == 0:
        return UNDEFINED
    limits = binomtest(x, n).proportion_ci(confidence_level=ci_percent / 100, method="exact")
    return Interval(x / n, float(limits.low), float(limits.high))


def incidence_rate(events: int, person_time: float, ci_percent: float = 95) -> Interval:
    """Events per unit of person-time with the exact (Poisson) interval: 0 events, upper 3.689 / person-time at 95 %.

    NaN without person-time. Raises ValueError for a negative number, or for events without time.
    """
    if events < 0 or person_time < 0 or (events and not person_time):
        raise ValueError(f"{events} events in a person-time of {person_time} are no rate")
    if not person_time:
        return UNDEFINED
    tail = (1 - ci_percent / 100) / 2
    lower = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    upper = float(chi2.isf(tail, 2 * (events + 1))) / 2
    return Interval(events / person_time, lower / person_time, upper / person_time)
