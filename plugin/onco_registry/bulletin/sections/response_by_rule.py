"""Response rates by other rules than those of the headline: each source alone, other windows, iRECIST."""

import re
from collections.abc import Iterable

from onco_registry.bulletin.frames import Record

# The rule that another rate goes by -> its measure: the rate and what the rule says in numbers; in the page's order.
_MEASURES = {
    "source": re.compile(r"(?P<rate>orr|dcr)_by_source"),
    "baseline": re.compile(r"(?P<rate>orr|dcr)_baseline_(?P<value>\d+)d"),
    "minimum": re.compile(r"(?P<rate>orr|dcr)_minimum_(?P<value>\d+)d"),
    "immune": re.compile(r"i(?P<rate>orr|dcr)"),
}
# Source -> the item of completeness that counts the patients with an assessment of it.
_ASSESSED = {
    "recorded": "recorded_response",
    "sums": "sums_of_diameters",
    "lesions": "lesion_measurements",
    "clinician": "clinician_assessment",
}


def response_by_rule(estimates: Iterable[Record], completeness: Iterable[Record]) -> list[Record]:
    """Response rates by other rules than those of the headline, by rule, each with how many patients it is known of.

    `rule` is source (one of them alone), baseline (its window in days), minimum (of stable disease, in days) or immune
    (iRECIST); `rate` is orr or dcr; `assessed` counts the patients with an assessment of that source. A source that
    nobody has is left out.
    """
    known = {row["item"]: row["x"] for row in completeness}
    rows = [row | rule for row in estimates if (rule := _rule(row))]
    told = [row | {"assessed": known.get(_ASSESSED.get(row["value"], ""))} for row in rows]
    order = list(_MEASURES)
    return sorted((row for row in told if row["assessed"] != 0), key=lambda row: order.index(row["rule"]))


def _rule(row: Record) -> Record | None:
    for rule, measure in _MEASURES.items():
        if found := measure.fullmatch(row["measure"]):
            of_source = row["stratum"].partition("=")[2]
            return {"rule": rule, "value": found.groupdict().get("value") or of_source, "rate": found["rate"]}
    return None
