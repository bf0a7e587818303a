"""The rule of the smallest cell, for counts, proportions and rows of estimates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from onco_registry.bulletin.frames import Record

_NUMBERS = ("estimate", "lower", "upper", "x", "n", "events")


@dataclass(frozen=True, slots=True)
class Rule:
    """No count of fewer than `k` persons is told, but that there are none."""

    k: int

    def count(self, *persons: int) -> bool:
        """Whether each of the counts is 0 or at least k."""
        return all(number == 0 or number >= self.k for number in persons)

    def proportion(self, x: int, n: int) -> bool:
        """Whether x of n may be told: x and n - x by the rule of counts, none or all of them only where n >= 2 k."""
        return n > 0 and self.count(x, n - x) and (0 < x < n or n >= 2 * self.k)

    def apart(self, count: int, others: Iterable[int]) -> bool:
        """Whether a count differs from each of the others by 0 or at least k."""
        return self.count(*(abs(count - other) for other in others))


def withheld(row: Record) -> Record:
    """A row of estimates without its numbers; also without n, which may be of all patients but a few."""
    return {**row, **dict.fromkeys(_NUMBERS), "withheld": True}
