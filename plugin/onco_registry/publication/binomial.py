"""The usual intervals of proportions, for arrays of counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm

Floats = npt.NDArray[np.float64]
Limits = tuple[Floats, Floats]


def clopper_pearson(x: Floats, n: Floats, level: float) -> Limits:
    """Exact, by the tails of the binomial distribution (Clopper and Pearson 1934)."""
    tail = (1 - level) / 2
    lower = np.where(x > 0, beta.ppf(tail, np.maximum(x, 1), n - x + 1), 0.0)
    return lower, np.where(x < n, beta.isf(tail, x + 1, np.maximum(n - x, 1)), 1.0)


def jeffreys(x: Floats, n: Floats, level: float) -> Limits:
    """The equal-tailed Bayesian interval with the prior Beta(1/2, 1/2), 0 and 1 at the ends (Brown et al. 2001)."""
    tail = (1 - level) / 2
    lower = np.where(x > 0, beta.ppf(tail, x + 0.5, n - x + 0.5), 0.0)
    return lower, np.where(x < n, beta.isf(tail, x + 0.5, n - x + 0.5), 1.0)


def wilson(x: Floats, n: Floats, level: float) -> Limits:
    """The score interval (Wilson 1927)."""
    z, p = _z(level), x / n
    centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)


def wilson_continuity(x: Floats, n: Floats, level: float) -> Limits:
    """The score interval with continuity correction (Newcombe 1998)."""
    z, p = _z(level), x / n
    lower = 2 * x + z**2 - 1 - z * np.sqrt(np.maximum(0, z**2 - 2 - 1 / n + 4 * p * (n * (1 - p) + 1)))
    upper = 2 * x + z**2 + 1 + z * np.sqrt(np.maximum(0, z**2 + 2 - 1 / n + 4 * p * (n * (1 - p) - 1)))
    return np.where(x > 0, lower / (2 * (n + z**2)), 0.0), np.where(x < n, upper / (2 * (n + z**2)), 1.0)


def wald(x: Floats, n: Floats, level: float) -> Limits:
    """The normal approximation, which can leave 0 to 1."""
    p = x / n
    half = _z(level) * np.sqrt(p * (1 - p) / n)
    return p - half, p + half


def agresti_coull(x: Floats, n: Floats, level: float) -> Limits:
    """The normal approximation around the centre of Wilson's interval (Agresti and Coull 1998)."""
    squared = _z(level) ** 2
    return wald(x + squared / 2, n + squared, level)


def _z(level: float) -> float:
    return float(norm.ppf(0.5 + level / 2))


METHODS: Mapping[str, Callable[[Floats, Floats, float], Limits]] = {
    "clopper-pearson": clopper_pearson,
    "wilson": wilson,
    "wald": wald,
    "agresti-coull": agresti_coull,
    "jeffreys": jeffreys,
    "wilson-continuity": wilson_continuity,
}
