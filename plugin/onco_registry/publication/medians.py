"""Median times: whether their limits can be, and by which kind of interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from scipy.stats import norm

from onco_registry.publication.finding import IMPLIED, IMPOSSIBLE, QUESTION, Finding
from onco_registry.publication.model import Limits, Median
from onco_registry.publication.rounding import half_unit, holds

# Intervals median +- z SE, as SPSS prints them; and those that follow the curve's band.
SYMMETRIC = ("symmetric",)
BANDS = ("log-log", "log", "plain")
# For those who take 1.96 for the quantile 1.959964.
_TOLERANCE = 1e-3


def check_median(name: str, item: Median, medians: Mapping[str, Median]) -> list[Finding]:
    """Whether one median and its limits can be, and what they imply."""
    found = [*_numbers(item), *_order(item, medians)]
    if item.interval is not None and not any(kind == IMPOSSIBLE for kind, _ in found):
        found += _kind(item, item.interval)
    return [Finding(kind, f"medians.{name}", item.line, text) for kind, text in found]


def _numbers(item: Median) -> Iterator[tuple[str, str]]:
    if item.events is not None and item.n is not None and item.events > item.n:
        yield IMPOSSIBLE, f"{item.events} events in {item.n} patients"
    if item.estimate is not None and item.estimate < 0:
        yield IMPOSSIBLE, f"a median time of {item.estimate}"
    if item.interval is None:
        return
    lower, upper = item.interval
    if lower is not None and upper is not None and lower > upper:
        yield IMPOSSIBLE, f"{_text(item.interval)} is no interval"
    elif item.estimate is not None and not holds(item.interval, item.estimate):
        yield IMPOSSIBLE, f"the interval {_text(item.interval)} does not hold its estimate {item.estimate}"
    elif item.estimate is None and upper is not None:
        yield IMPOSSIBLE, f"the upper limit {upper} is reached, the median is not"


def _order(item: Median, medians: Mapping[str, Median]) -> Iterator[tuple[str, str]]:
    """Times that no patient has sooner than others; their medians may only cross where follow-up differs."""
    other = medians[item.not_before].estimate if item.not_before else None
    if item.estimate is not None and other is not None and item.estimate < other:
        yield QUESTION, f"{item.estimate} is less than {item.not_before}'s {other}"


def _kind(item: Median, interval: Limits) -> Iterator[tuple[str, str]]:
    lower, upper = interval
    if item.estimate is None or lower is None or upper is None:
        if item.method in SYMMETRIC and interval != (None, None):
            about = "a median that has none" if item.estimate is None else str(item.estimate)
            yield IMPOSSIBLE, f"{_text(interval)} is not symmetric about {about}"
        return
    z = float(norm.ppf(0.5 + float(item.level) / 200))
    error = float(upper - lower) / (2 * z)
    if not _symmetric(item.estimate, lower, upper):
        text = f"{_text(interval)} is not symmetric about {item.estimate}"
        yield (IMPOSSIBLE, text) if item.method in SYMMETRIC else (IMPLIED, f"{text}: it follows the curve's band")
        return
    text = f"{_text(interval)} is {item.estimate} +- {z:.2f} x {error:.3g}, as SPSS prints it"
    # To as few digits as are printed, the limits of a band can lie so by chance.
    yield IMPLIED, f"by {item.method} claimed, and {text}" if item.method in BANDS else text
    # Both limits round on their own, and so does the error.
    slack = z * float(half_unit(item.std_error)) + float(half_unit(upper)) if item.std_error is not None else 0.0
    if item.std_error is not None and abs(error - float(item.std_error)) * z > slack + _TOLERANCE:
        yield IMPOSSIBLE, f"a standard error of {item.std_error} does not give {_text(interval)}"


def _symmetric(estimate: Decimal, lower: Decimal, upper: Decimal) -> bool:
    """Whether the middle of the limits can print as the estimate, each of the three rounded."""
    middle = (Fraction(lower) + Fraction(upper)) / 2
    slack = half_unit(estimate) + (half_unit(lower) + half_unit(upper)) / 2
    return abs(middle - Fraction(estimate)) <= slack


def _text(interval: Limits) -> str:
    return "-".join("not reached" if limit is None else str(limit) for limit in interval)
