"""The baseline table without medians and ranges, which are single persons' values, its small levels put together."""

from collections.abc import Sequence

from onco_registry.bulletin.disclosure.pooling import pooled
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record

OTHER = "other"


def baseline(entries: list[Record], rule: Rule) -> list[Record]:
    """Each variable's levels, all 0 or at least k; a variable of which nothing is left has none.

    Where a patient may be in several levels, those that may not be told are withheld one by one.
    """
    return [{**entry, "summary": None, "levels": _levels(entry, rule)} for entry in entries]


def _levels(entry: Record, rule: Rule) -> list[Record]:
    levels = entry["levels"]
    if entry["multiple"]:
        return [level if rule.proportion(level["x"], entry["n"]) else {**level, "x": None} for level in levels]
    if not levels or sum(level["x"] for level in levels) != entry["n"]:
        return []
    found = pooled(levels, lambda level: int(level["x"]), lambda some: _may_tell(some, entry["n"], rule), rule.k)
    if found is None:
        return []
    told, together = found
    return told + ([_together(together)] if together else [])


def _may_tell(levels: Sequence[Record], n: int, rule: Rule) -> bool:
    return rule.proportion(sum(level["x"] for level in levels), n)


def _together(levels: list[Record]) -> Record:
    return {
        "level": OTHER,
        "label": "Other",
        "x": sum(level["x"] for level in levels),
        "missing": False,
        "members": [level["label"] for level in levels],
    }
