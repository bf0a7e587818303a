"""How complete the record is, item by item."""

from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record


def completeness(rows: list[Record], rule: Rule) -> list[Record]:
    """Each item; its counts are withheld where they, or what is missing, are of a few."""
    return [row if rule.proportion(row["x"], row["n"]) else {**row, "x": None, "n": None} for row in rows]
