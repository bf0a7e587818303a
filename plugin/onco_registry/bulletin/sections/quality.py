"""How complete the record is, and what the checks of the numbers found."""

from collections import Counter

from onco_registry.bulletin.catalogue import Catalogue
from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.meta import BulletinMeta

FEWEST_FOR_PERCENTILE = 5
# The document says in English what the page says.
_ENGLISH = Catalogue("en")


def completeness(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """Each item with the number of patients or records for which it is known, in the frame's order."""
    return [{**row, "label": _ENGLISH.item(row["item"], meta.label(row["item"]))} for row in rows]


def timeliness(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """Intervals between scans, and lags from what happened to the run that first knew of it, in the frame's order.

    Of a few no 90th percentile is given: it would be the longest, or between the longest two.
    """
    return [
        row
        | {"label": _ENGLISH.name("timeliness.item", row["item"], meta.label(row["item"]))}
        | {**({} if row["n"] >= FEWEST_FOR_PERCENTILE else {"p90_days": None})}
        for row in rows
    ]


def consistency_checks(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """All checks, the failing ones first."""
    labelled = [
        {**row, "label": _ENGLISH.name("check", row["check_name"], meta.label(row["check_name"]))} for row in rows
    ]
    return sorted(labelled, key=lambda row: (row["status"] == "pass", row["label"]))


def queries(rows: list[Record], meta: BulletinMeta) -> list[Record]:
    """Questions to the sources, with how often each is asked: of responses once per patient and date, of laboratory
    grades without an adverse event once per patient and term.
    """
    counts = Counter((row["query"], row["source"]) for row in rows)
    return [
        {"query": query, "label": _ENGLISH.name("query", query, meta.label(query)), "source": source, "x": x}
        for (query, source), x in sorted(counts.items())
    ]
