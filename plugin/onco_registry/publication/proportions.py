"""Percentages and intervals of proportions: which counts and methods print as they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import ceil, floor

import numpy as np

from onco_registry.publication.binomial import METHODS
from onco_registry.publication.finding import IMPLIED, IMPOSSIBLE, QUESTION, Finding
from onco_registry.publication.model import Proportion
from onco_registry.publication.rounding import as_printed, half_unit, holds, print_as

# How much larger than the stated one a denominator is tried, where the stated one explains nothing.
_LARGER = 2


@dataclass(frozen=True, slots=True)
class Match:
    """x of n by a method, whose interval prints as given."""

    x: int
    n: int
    method: str


def check_proportion(where: str, item: Proportion) -> list[Finding]:
    """Whether count, percentage and interval of one proportion can be, and what the interval implies."""
    return [Finding(kind, where, item.line, text) for kind, text in _statements(item)]


def implied_count(item: Proportion) -> int | None:
    """The one x that the printed count, percentage and interval leave; None where several, or none."""
    counts = _counts(item)
    if item.interval is not None and item.x is None:
        methods = [item.method] if item.method else list(METHODS)
        counts = sorted({match.x for match in matches(item, counts, [item.of] * len(counts), methods)}) or counts
    return counts[0] if len(counts) == 1 else None


def matches(item: Proportion, x: Sequence[int], n: Sequence[int], methods: Sequence[str]) -> list[Match]:
    """Those of the x of n, by each method, whose interval prints as the item's."""
    if item.interval is None or not len(x):
        return []
    found = []
    for method in methods:
        limits = METHODS[method](np.asarray(x, dtype=float), np.asarray(n, dtype=float), float(item.level) / 100)
        fits = np.ones(len(x), dtype=bool)
        for values, printed in zip(limits, item.interval, strict=True):
            # Limits beyond 0 and 1 are printed as they are, or cut.
            fits &= print_as(100 * values, printed) | print_as(100 * np.clip(values, 0, 1), printed)
        found += [Match(x[at], n[at], method) for at in np.flatnonzero(fits).tolist()]
    return found


def _counts(item: Proportion) -> list[int]:
    """The x that the printed count and percentage leave."""
    counts = range(item.of + 1) if item.percent is None else _near(item.percent, item.of)
    return list(counts) if item.x is None else [x for x in [item.x] if x in counts]


def _statements(item: Proportion) -> Iterator[tuple[str, str]]:
    if item.x is not None and item.x > item.of:
        yield IMPOSSIBLE, f"{item.x} of {item.of}"
        return
    counts = _counts(item)
    if not counts:
        yield IMPOSSIBLE, _no_percentage(item)
    elif item.percent is not None and item.x is None and len(counts) == 1:
        yield IMPLIED, f"{item.percent} % is {counts[0]}/{item.of}"
    if item.interval is not None:
        yield from _interval(item, counts)


def _no_percentage(item: Proportion) -> str:
    assert item.percent is not None
    if item.x is not None:
        return f"{_share(item.x, item.of, item.percent)}, printed is {item.percent} %"
    below = min(max(int(item.percent * item.of / 100), 0), item.of - 1)
    near = " and ".join(_share(x, item.of, item.percent) for x in (below, below + 1))
    return f"no count of {item.of} gives {item.percent} %: {near}"


def _share(x: int, n: int, like: Decimal) -> str:
    return f"{x}/{n} is {as_printed(100 * x / n, like)} %"


def _interval(item: Proportion, counts: list[int]) -> Iterator[tuple[str, str]]:
    assert item.interval is not None
    lower, upper = item.interval
    text = f"{lower}-{upper}"
    estimate = item.percent if item.percent is not None else _percent(item.x, item.of, lower)
    if lower > upper:
        yield IMPOSSIBLE, f"{text} is no interval"
        return
    if estimate is not None and not holds(item.interval, estimate):
        yield IMPOSSIBLE, f"the interval {text} does not hold its estimate {estimate}"
        return
    methods = [item.method] if item.method else list(METHODS)
    everyone = list(range(item.of + 1))
    found = matches(item, counts, [item.of] * len(counts), methods)
    others = matches(item, everyone, [item.of] * len(everyone), methods)
    if found:
        yield IMPLIED, f"{text} is {_either(found)}"
    elif item.method and counts:
        instead = matches(item, counts, [item.of] * len(counts), list(METHODS)) or others
        known = f"; printed is {_either(instead)}" if instead else f", printed is {text}"
        yield IMPOSSIBLE, f"by {item.method}, {_computed(item, counts[0], [item.method])}{known}"
    elif others and counts and _telling(item):
        yield IMPOSSIBLE, f"{text} is {_either(others)}, and not of {' or '.join(map(str, counts[:3]))}/{item.of}"
    elif lower < 0 or upper > 100:
        yield IMPOSSIBLE, f"{text} leaves 0 to 100, and is no Wald interval"
    else:
        yield QUESTION, f"no usual method gives {text}{_why_not(item, counts)}"


def _why_not(item: Proportion, counts: list[int]) -> str:
    given = f": {_computed(item, counts[0], list(METHODS))}" if counts else ""
    fitting = [(x, n) for n in range(1, _LARGER * item.of + 1) for x in _near(item.percent, n)]
    others = matches(item, [x for x, _ in fitting], [n for _, n in fitting], list(METHODS))
    return f"{given}; it would be {_either(others)}" if others else given


def _near(percent: Decimal | None, n: int) -> range:
    """The counts of n that print as a percentage."""
    if percent is None:
        return range(0)
    low, high = ((Fraction(percent) + sign * half_unit(percent)) * n / 100 for sign in (-1, 1))
    return range(max(0, ceil(low)), min(n, floor(high)) + 1)


def _telling(item: Proportion) -> bool:
    """Whether limits are printed so exactly that those of another count do not agree by chance."""
    assert item.interval is not None
    return all(int(limit.as_tuple().exponent) < 0 for limit in item.interval)


def _percent(x: int | None, n: int, like: Decimal) -> Decimal | None:
    return None if x is None else Decimal(as_printed(100 * x / n, like))


def _either(found: Sequence[Match]) -> str:
    """'11/32 by clopper-pearson or jeffreys'; at most three counts are named."""
    by_count = [
        f"{x}/{n} by {' or '.join(match.method for match in own)}"
        for (x, n), own in groupby(sorted(found, key=lambda m: (m.n, m.x)), key=lambda m: (m.x, m.n))
    ]
    more = f" or {len(by_count) - 3} others" if len(by_count) > 3 else ""
    return "that of " + " or ".join(by_count[:3]) + more


def _computed(item: Proportion, x: int, methods: Sequence[str]) -> str:
    assert item.interval is not None
    texts = []
    for method in methods:
        limits = METHODS[method](np.array([float(x)]), np.array([float(item.of)]), float(item.level) / 100)
        ends = [as_printed(100 * float(end[0]), like) for end, like in zip(limits, item.interval, strict=True)]
        texts.append(f"{ends[0]}-{ends[1]}" + (f" ({method})" if len(methods) > 1 else ""))
    return f"{x}/{item.of} has {', '.join(texts)}"
