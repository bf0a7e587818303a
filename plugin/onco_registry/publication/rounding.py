"""Which numbers print as a given one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import numpy.typing as npt

# Of computed values: for those who take 1.96 for the quantile 1.959964, which moves limits by less than this.
_TOLERANCE = 5e-4


def half_unit(printed: Decimal) -> Fraction:
    """Half of the last printed decimal's unit: 0.05 for 34.4."""
    return Fraction(Decimal(1).scaleb(int(printed.as_tuple().exponent))) / 2


def prints_as(value: Fraction, printed: Decimal) -> bool:
    """Whether a value prints as `printed`; halves may go up, down or to even."""
    return abs(value - Fraction(printed)) <= half_unit(printed)


def print_as(values: npt.NDArray[np.float64], printed: Decimal) -> npt.NDArray[np.bool_]:
    """Which of the computed limits print as `printed`."""
    return np.abs(values - float(printed)) <= float(half_unit(printed)) + _TOLERANCE


def holds(interval: tuple[Decimal | None, Decimal | None], estimate: Decimal) -> bool:
    """Whether an estimate can lie within limits, each rounded to its own decimals; an open limit holds everything."""
    lower, upper = interval
    above = lower is None or Fraction(lower) - half_unit(lower) <= Fraction(estimate) + half_unit(estimate)
    return above and (upper is None or Fraction(estimate) - half_unit(estimate) <= Fraction(upper) + half_unit(upper))


def as_printed(value: float, like: Decimal) -> str:
    """A value at as many decimals as another printed one has, halves to even."""
    places = max(0, -int(like.as_tuple().exponent))
    # A sum with 0 has no minus sign left where the value rounds to 0.
    return f"{round(value, places) + 0.0:.{places}f}"
