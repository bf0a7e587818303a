"""The baseline table without medians and ranges, which are single persons' values, its small levels put together."""

from collections.abc import Sequence

from onco_registry.bulletin.disclosure.algebra import in_both
from onco_registry.bulletin.disclosure.pooling import Judge, determined, pooled
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record

OTHER = "other"


def baseline(entries: list[Record], patients: int, rule: Rule) -> list[Record]:
    """Each variable's levels, all 0 or at least k; a variable of which nothing is left has none."""
    return [
        {**entry, "n": patients, "summary": None, "levels": _levels(entry, rule) if entry["n"] == patients else []}
        for entry in entries
    ]


def _levels(entry: Record, rule: Rule) -> list[Record]:
    levels, n = entry["levels"], entry["n"]
    if entry["multiple"]:
        return _overlapping(levels, n, rule)
    if not levels or sum(level["x"] for level in levels) != n:
        return []
    found = pooled(levels, _size, lambda some: rule.proportion(sum(map(_size, some)), n), _follows(rule))
    if found is None:
        return []
    told, together = found
    return told + ([_together(together)] if together else [])


def _overlapping(levels: list[Record], n: int, rule: Rule) -> list[Record]:
    """Levels of which a patient may be in several: those that may not be told are withheld, not put together.

    How many patients have any level, and how many levels they have in all, may be known from another variable. So
    what is withheld is not 1 to k - 1 in sum, nor follows from it; and who has other levels only are not a few.
    """
    own = [level for level in levels if not level["missing"]]
    having = n - sum(level["x"] for level in levels if level["missing"])
    if not rule.proportion(having, n) or not rule.count(abs(in_both(map(_size, own), having))):
        return []

    def may_tell(some: Sequence[Record]) -> bool:
        x = sum(map(_size, some))
        return rule.count(x) if len(some) > 1 else rule.proportion(x, n) and (not x or rule.count(having - x))

    found = pooled(own, _size, may_tell, _follows(rule))
    if found is None:
        return []
    return [level if level in found[0] or level["missing"] else {**level, "x": None} for level in levels]


def _size(level: Record) -> int:
    return int(level["x"])


def _follows(rule: Rule) -> Judge[Record]:
    return lambda some: determined([_size(level) for level in some], rule.k)


def _together(levels: list[Record]) -> Record:
    return {
        "level": OTHER,
        "label": "Other",
        "x": sum(level["x"] for level in levels),
        "missing": False,
        # Not in the order of the registry, which may be that of their number.
        "members": sorted(level["label"] for level in levels),
    }
