"""Counts put together until each may be told.

A reader may know how it is done: that whatever was pooled first was too small, and why another was put to it. Where
that, with the sum, would give one of the counts, nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Level = TypeVar("Level")


def pooled(
    levels: Sequence[Level],
    size: Callable[[Level], int],
    may_tell: Callable[[Sequence[Level]], bool],
    follows: Callable[[Sequence[Level], Level | None], bool],
) -> tuple[list[Level], list[Level]] | None:
    """(levels told one by one, levels told together); None where nothing but their sum could be told.

    `may_tell` judges levels told together, `size` gives the persons in one. `follows`: whether one of the levels that
    may not be told by themselves follows from their sum, or from that with one that was put to them.
    """
    told = [level for level in levels if may_tell([level])]
    small = [level for level in levels if level not in told]
    if not small:
        return told, []
    larger = [level for level in told if size(level)]
    if larger and may_tell(small) and not follows(small, None):
        return told, small
    # The last one, whatever its size: of the smallest a reader would know that it is not above the others.
    added = larger.pop() if larger else None
    if added is None or not larger or not may_tell([*small, added]) or follows(small, added):
        return None
    return [level for level in told if level != added], [*small, added]


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


def determined(counts: Sequence[int], added: int | None, k: int) -> bool:
    """Whether one of some counts, all known to be 1 to k - 1, follows from their sum (with one of k or more).

    That one was added is known to be because the counts were below k in sum, or followed from it.
    """
    least, most = len(counts), len(counts) * (k - 1)
    if added is None:
        return sum(counts) in (least, most) or least == 1
    total = sum(counts) + added
    sums = [s for s in range(least, most + 1) if (s < k or s in (least, most)) and total - s >= k]
    return len(sums) == 1 and (least == 1 or sums[0] in (least, most))


def values(total: int, possible: Sequence[Sequence[int]]) -> list[set[int]]:
    """Of numbers with a known sum, each from what is possible for it: what each may be."""
    found = []
    for position in range(len(possible)):
        others = 1
        for other in (*possible[:position], *possible[position + 1 :]):
            others = _sums(others, other)
        found.append({one for one in possible[position] if one <= total and others >> (total - one) & 1})
    return found


def _sums(reached: int, numbers: Sequence[int]) -> int:
    """Bit s is set where s is a sum of one that was reached and one of the numbers."""
    found = 0
    for number in numbers:
        found |= reached << number
    return found
