"""Counts put together until each may be told.

A reader may know how it is done, and so that whatever was pooled first was too small. Where that, with the sum, would
give one of the counts, another is added that was not too small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Level = TypeVar("Level")
Judge = Callable[[Sequence[Level]], bool]


def pooled(
    levels: Sequence[Level], size: Callable[[Level], int], may_tell: Judge[Level], follows: Judge[Level]
) -> tuple[list[Level], list[Level]] | None:
    """(levels told one by one, levels told together); None where nothing but their sum could be told.

    `may_tell` judges levels told together, `follows` whether one of them follows from their sum, `size` gives the
    persons in one.
    """
    told = [level for level in levels if may_tell([level])]
    together = [level for level in levels if level not in told]
    while together and (not may_tell(together) or follows(together)):
        larger = [level for level in told if size(level)]
        if not larger:
            return None
        smallest = min(larger, key=size)
        told.remove(smallest)
        together.append(smallest)
    if together and not any(size(level) for level in told):
        return None
    return told, [level for level in levels if level in together]


def runs(counts: Sequence[int], k: int) -> list[list[int]]:
    """Consecutive positions put together, so that the sum of each run is 0 or at least k, but where there is one only.

    Of a run only the first is known to be below k, and whoever follows it may make up any difference.
    """
    found: list[list[int]] = []
    for position in range(len(counts)):
        if found and _small(found[-1], counts, k):
            found[-1].append(position)
        else:
            found.append([position])
    while len(found) > 1 and _small(found[-1], counts, k):
        last = found.pop()
        found[-1] += last
    return found


def _small(run: Sequence[int], counts: Sequence[int], k: int) -> bool:
    return 0 < sum(counts[position] for position in run) < k


def determined(counts: Sequence[int], k: int) -> bool:
    """Whether counts that are all known to be between 1 and k - 1 follow from their number and sum."""
    if any(count >= k for count in counts) or not counts:
        return False
    total, others = sum(counts), len(counts) - 1
    return max(1, total - others * (k - 1)) == min(k - 1, total - others)


def forced(total: int, possible: Sequence[Sequence[int]]) -> list[int | None]:
    """Of numbers with a known sum, each from what is possible for it: those that can be one number only, else None."""
    found: list[int | None] = []
    for position, values in enumerate(possible):
        others = 1
        for other in (*possible[:position], *possible[position + 1 :]):
            others = _sums(others, other)
        left = [value for value in values if value <= total and others >> (total - value) & 1]
        found.append(left[0] if len(left) == 1 else None)
    return found


def _sums(reached: int, values: Sequence[int]) -> int:
    """Bit s is set where s is a sum of one that was reached and one of the values."""
    found = 0
    for value in values:
        found |= reached << value
    return found
