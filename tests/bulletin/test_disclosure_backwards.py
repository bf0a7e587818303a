"""A reader who runs the rules backwards: of every small table, those that would be published alike.

No count of 1 to k - 1 is the same in all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import pytest

from onco_registry.bulletin.disclosure.attrition import attrition
from onco_registry.bulletin.disclosure.baseline import baseline
from onco_registry.bulletin.disclosure.response import SETS, rates
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.sections.response import RESPONSES

Table = tuple[int, ...]


def learned(tables: Iterable[Table], publish: Callable[[Table], Hashable], k: int) -> list[tuple[Table, int]]:
    """(table, position) of each small count that is the same in all tables that are published alike."""
    alike: dict[Hashable, list[Table]] = defaultdict(list)
    for table in tables:
        alike[publish(table)].append(table)
    return [
        (group[0], position)
        for group in alike.values()
        for position, values in enumerate(map(set, zip(*group, strict=True)))
        if len(values) == 1 and 0 < next(iter(values)) < k
    ]


def tables(total: int, cells: int) -> Iterator[Table]:
    """Every way to put so many patients into cells."""
    if cells == 1:
        yield (total,)
        return
    for first in range(total + 1):
        yield from ((first, *rest) for rest in tables(total - first, cells - 1))


def levels(table: Table, k: int) -> Hashable:
    """What is published of a variable with these counts."""
    entry = {
        "variable": "v", "label": "V", "n": sum(table), "multiple": False, "summary": None,
        "levels": [{"level": str(at), "label": str(at), "x": x, "missing": False} for at, x in enumerate(table)],
    }  # fmt: skip
    (found,) = baseline([entry], sum(table), Rule(k))
    return tuple((level["label"], level["x"], tuple(level.get("members", ()))) for level in found["levels"])


def steps(table: Table, k: int) -> Hashable:
    """What is published of a flow that excludes so many at each step, of whom 20 are left."""
    remaining = [20 + sum(table[at:]) for at in range(len(table) + 1)]
    rows = [
        {"step": at, "criterion": "c", "label": str(at), "excluded": x, "remaining": remaining[at + 1]}
        for at, x in enumerate(table)
    ]
    return tuple((step["label"], step["excluded"]) for step in attrition(rows, 20, Rule(k)))


@pytest.mark.parametrize(("k", "n", "cells"), [(3, 6, 4), (3, 12, 4), (3, 15, 3), (5, 10, 4), (5, 19, 4), (5, 24, 3)])
def test_levels(k: int, n: int, cells: int) -> None:
    assert learned(tables(n, cells), lambda table: levels(table, k), k) == []


@pytest.mark.parametrize(("k", "most", "cells"), [(3, 12, 4), (5, 17, 4), (11, 26, 3)])
def test_steps_of_the_flow(k: int, most: int, cells: int) -> None:
    every = (table for total in range(most + 1) for table in tables(total, cells))
    assert learned(every, lambda table: steps(table, k), k) == []


@pytest.mark.parametrize(("k", "n"), [(3, 9), (5, 10), (5, 14)])
def test_responses(k: int, n: int) -> None:
    def told(table: Table) -> Hashable:
        counts = dict(zip(RESPONSES, table, strict=True))
        return tuple((name, sum(counts[one] for one in SETS[name])) for name in sorted(rates(counts, Rule(k))))

    assert learned(tables(n, len(RESPONSES)), told, k) == []


def test_without_more_than_the_smallest_the_reader_learns() -> None:
    def naive(table: Table) -> Hashable:
        rule = Rule(3)
        small: Sequence[int] = [at for at, x in enumerate(table) if not rule.proportion(x, sum(table))]
        return tuple((at, x) for at, x in enumerate(table) if at not in small), tuple(small)

    assert ((2, 2, 8), 0) in learned(tables(12, 3), naive, 3)
