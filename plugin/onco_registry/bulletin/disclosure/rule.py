"""The rule of the smallest cell, for counts, proportions and rows of estimates."""

from __future__ import annotations

from dataclasses import dataclass

from onco_registry.bulletin.frames import Record

_NUMBERS = ("estimate", "lower", "upper", "x", "events")


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


def withheld(row: Record, *, with_total: bool = False) -> Record:
    """A row of estimates without its numbers, and without n where that is not of all patients (`with_total`)."""
    taken = (*_NUMBERS, "n") if with_total else _NUMBERS
    return {**row, **dict.fromkeys(taken), "withheld": True}
