"""Of how many patients the record has something; nothing of records, deaths or strata.

A record is no person, the deaths are known in part from the curve, and who has no stratum is a level of the baseline.
"""

from collections.abc import Iterable

from onco_registry.bulletin.disclosure.algebra import in_both
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.frames import Record

_ASSESSED = "assessment_after_index"
_SOURCES = ("recorded_response", "sums_of_diameters", "lesion_measurements", "clinician_assessment")
ITEMS = ("seen_at_index", "baseline_sum", _ASSESSED, *_SOURCES)


def completeness(rows: list[Record], patients: int, answered: Record | None, rule: Rule) -> list[Record]:
    """The items of patients; the counts of an item are withheld where they, or what they add to others, are of a few.

    `answered`: the public section of response, of whose counts some are of patients that an item counts, too.
    """
    told = {patients, *response_counts(answered)}
    counts = {row["item"]: row["x"] for row in rows if row["n"] == patients}
    both = in_both((counts.get(source, 0) for source in _SOURCES), counts.get(_ASSESSED, 0))
    found = []
    for row in rows:
        if row["item"] in ITEMS and row["n"] == patients:
            may = rule.proportion(row["x"], patients) and rule.count(*map(abs, differences(row["x"], told, patients)))
            may = may and (row["item"] != _ASSESSED or rule.count(abs(both)))
            found.append(row if may else {**row, "x": None, "n": None, "withheld": True})
            told |= {row["x"]} if may else set()
    return found


def response_counts(answered: Record | None) -> list[int]:
    """Patients of each response that is told, and the others."""
    rows = [row for row in (answered or {}).get("estimates", []) if not row.get("withheld")]
    return [count for row in rows for count in (row["x"], row["n"] - row["x"])]


def differences(x: int, others: Iterable[int], n: int) -> list[int]:
    """By how many an item's count, and that of who lacks it, differ from each of the others."""
    return [value - other for other in others for value in (x, n - x)]
