"""Counts put together until each may be told.

A reader may know how it is done, and so that whatever was pooled first was too small: of m such counts with a known sum
each lies between 1 and k - 1. Where that would determine one of them, another count is added that was not too small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Level = TypeVar("Level")


def pooled(
    levels: Sequence[Level], size: Callable[[Level], int], may_tell: Callable[[Sequence[Level]], bool], k: int
) -> tuple[list[Level], list[Level]] | None:
    """(levels told one by one, levels told together); None where nothing but their sum could be told.

    `may_tell` judges levels told together, `size` gives the persons in one.
    """
    told = [level for level in levels if may_tell([level])]
    together = [level for level in levels if level not in told]
    while together and not (may_tell(together) and not determined([size(level) for level in together], k)):
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
    """Consecutive positions put together, so that the sum of each run is 0 or at least k; the last may be too small."""
    found: list[list[int]] = []
    open_ = False
    for position in range(len(counts)):
        if open_:
            found[-1].append(position)
        else:
            found.append([position])
        members = [counts[member] for member in found[-1]]
        open_ = 0 < sum(members) < k or (len(members) > 1 and determined([one for one in members if one], k))
    if open_ and len(found) > 1:
        last = found.pop()
        found[-1] += last
    return found


def determined(counts: Sequence[int], k: int) -> bool:
    """Whether counts that are all known to be between 1 and k - 1 follow from their number and sum."""
    if any(count >= k for count in counts) or not counts:
        return False
    total, others = sum(counts), len(counts) - 1
    return max(1, total - others * (k - 1)) == min(k - 1, total - others)
