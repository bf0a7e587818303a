"""What a publication prints, with the decimals it prints; None stands for what it does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# Two limits; one that was not reached is None.
Limits = tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of groups that exclude each other; all together they are `of` patients, where `complete`."""

    line: int
    of: int
    parts: Mapping[str, int | None]
    complete: bool


@dataclass(frozen=True, slots=True)
class Proportion:
    """x of `of` patients, a percentage, its interval; `parts` of the counts `group` make up the x."""

    line: int
    of: int
    level: Decimal
    x: int | None = None
    percent: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    method: str | None = None
    group: str | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Median:
    """A median time (None: not reached) with interval, method and standard error; no sooner than `not_before`'s."""

    line: int
    estimate: Decimal | None
    level: Decimal
    interval: Limits | None = None
    method: str | None = None
    std_error: Decimal | None = None
    n: int | None = None
    events: int | None = None
    not_before: str | None = None


@dataclass(frozen=True, slots=True)
class Strata:
    """Strata that together are all `of` patients; their x add up to that of `proportion`, where it is named."""

    line: int
    of: int
    parts: Mapping[str, Proportion]
    proportion: str | None = None


@dataclass(frozen=True, slots=True)
class PValue:
    """p as printed, `below` where as "<0.001"; `test` and the table of counts or the strata that it compares."""

    line: int
    p: Decimal
    below: bool = False
    test: str | None = None
    table: tuple[tuple[int, ...], ...] | None = None
    strata: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """All that was typed in, by section and name."""

    title: str
    n: int
    counts: Mapping[str, Counts]
    proportions: Mapping[str, Proportion]
    medians: Mapping[str, Median]
    strata: Mapping[str, Strata]
    p_values: Mapping[str, PValue]
