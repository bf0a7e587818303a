"""The baseline table without medians and ranges, which are single persons' values, its small levels put together."""

from onco_registry.bulletin.disclosure.pooling import determined, pooled
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record

OTHER = "other"


def baseline(entries: list[Record], patients: int, rule: Rule) -> list[Record]:
    """Each variable's levels, all 0 or at least k; a variable of which nothing is left has none.

    None has one of which a patient may be in several levels, such as the sites of metastases: together with how many
    levels a patient has, which may be a variable, too, such sums tell of who has just two or three.
    """
    return [
        {
            **entry,
            "n": patients,
            "summary": _unit(entry["summary"]),
            "levels": _levels(entry, rule) if entry["n"] == patients else [],
        }
        for entry in entries
    ]


def _unit(summary: Record | None) -> Record | None:
    """A summary of which only the unit is told, that of the levels."""
    return dict.fromkeys(summary) | {"unit": summary["unit"]} if summary and summary["unit"] else None


def _levels(entry: Record, rule: Rule) -> list[Record]:
    levels, n = entry["levels"], entry["n"]
    if entry["multiple"] or not levels or sum(map(_size, levels)) != n:
        return []
    found = pooled(
        levels,
        _size,
        lambda some: rule.proportion(sum(map(_size, some)), n),
        lambda some, added: determined([*map(_size, some)], None if added is None else _size(added), rule.k),
    )
    if found is None:
        return []
    told, together = found
    levels = told + ([_together(together)] if together else [])
    # Who has no value comes last, as in the internal edition.
    return sorted(levels, key=lambda level: bool(level["missing"]))


def _size(level: Record) -> int:
    return int(level["x"])


def _together(levels: list[Record]) -> Record:
    return {
        "level": OTHER,
        "label": "Other",
        "x": sum(level["x"] for level in levels),
        "missing": False,
        # Not in the order of the registry, which may be that of their number.
        "members": sorted(level["label"] for level in levels),
    }
