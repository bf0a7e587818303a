"""Response rates of which no sum or difference tells of a few; no bar, line or course of a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onco_registry.bulletin.disclosure.algebra import tellable
from onco_registry.bulletin.disclosure.pooling import pooled
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.sections.response import RESPONSES
from onco_registry.exact import proportion

_RESPONDED = ("CR", "PR")
_CONTROLLED = (*_RESPONDED, "SD", "NON-CR/NON-PD")
SETS = {"orr": _RESPONDED, "dcr": _CONTROLLED} | {f"response_{name.lower()}": (name,) for name in RESPONSES}
# Subsets of another rate: told where the rate is, and the patients in one but not the other are 0 or at least k.
_WITHIN = {"orr_confirmed": ("orr",), "dcr_confirmed": ("dcr",)}
_HOLDS = {"dcr_confirmed": "orr_confirmed"}


def response(section: Record, patients: int, baseline: list[Record], rule: Rule) -> Record:
    """The section with rates only; `patients` in the cohort, of whom those not seen at index have no response.

    `baseline`: that of the public document. Rates by stratum are told of variables that are in it, level by level or
    coarser, so that the two can be held against each other.
    """
    rows = {row["measure"]: row for row in section["estimates"]}
    told = _told(rows, patients, rule)
    estimates = [row if row["measure"] in told else withheld(row) for row in section["estimates"]]
    return {
        "estimates": estimates,
        "further": _further(section["further"], {name: rows[name] for name in told}, rule),
        "by_source": [],
        "waterfall": [],
        "without_change": None,
        "swimmer": [],
        "spider": [],
        "strata": [
            found for stratum in section["strata"] if "orr" in told and (found := _stratum(stratum, baseline, rule))
        ],
    }


def _told(rows: Mapping[str, Record], patients: int, rule: Rule) -> set[str]:
    counts = {name: rows[f"response_{name.lower()}"]["x"] for name in RESPONSES if f"response_{name.lower()}" in rows}
    n = sum(counts.values())
    if set(counts) != set(RESPONSES) or not rule.count(n, patients - n):
        return set()
    wanted = [(name, members) for name, members in SETS.items() if name in rows]
    return set(tellable(counts, wanted, rule))


def _further(rows: list[Record], told: Mapping[str, Record], rule: Rule) -> list[Record]:
    found: dict[str, Record] = {}
    for row in rows:
        measure = row["measure"]
        outer = [told.get(name) for name in _WITHIN.get(measure, ())]
        inner = found.get(_HOLDS.get(measure, ""))
        if (
            outer
            and all(one is not None and one["n"] == row["n"] and rule.count(one["x"] - row["x"]) for one in outer)
            and (inner is None or rule.count(row["x"] - inner["x"]))
            and rule.proportion(row["x"], row["n"])
        ):
            found[measure] = row
    return [found.get(row["measure"], withheld(row)) for row in rows if row["measure"] in _WITHIN]


def _stratum(stratum: Record, baseline: list[Record], rule: Rule) -> Record | None:
    rows = {row["label"]: row for row in stratum["rows"]}
    blocks = _blocks(rows, baseline, rule)
    if blocks is None:
        return None
    start = [[rows[label] for label in block] for block in blocks]
    found = pooled(
        start,
        lambda block: sum(int(row["n"]) for row in block),
        lambda some: _may_tell([row for block in some for row in block], rule),
        rule.k,
    )
    if found is None:
        return None
    told, together = found
    merged = [*told, *([[row for block in together for row in block]] if together else [])]
    return {**stratum, "rows": [_together(block) for block in merged]}


def _blocks(rows: Mapping[str, Record], baseline: list[Record], rule: Rule) -> list[list[str]] | None:
    """The levels as the baseline table tells them; None where it has no variable with just these."""
    for entry in baseline:
        told = [level.get("members", [level["label"]]) for level in entry["levels"]]
        if not entry["multiple"] and {label for members in told for label in members} == set(rows):
            # Of patients who came after their index there is no response.
            unseen = [
                level["x"] - sum(rows[label]["n"] for label in members)
                for level, members in zip(entry["levels"], told, strict=True)
            ]
            return told if rule.count(*unseen) else None
    return None


def _may_tell(rows: Sequence[Record], rule: Rule) -> bool:
    return rule.proportion(sum(row["x"] for row in rows), sum(row["n"] for row in rows))


def _together(rows: list[Record]) -> Record:
    if len(rows) == 1:
        return rows[0]
    x, n = sum(row["x"] for row in rows), sum(row["n"] for row in rows)
    found = proportion(x, n, 100 * rows[0]["ci_level"])
    numbers = {"x": x, "n": n, "estimate": found.estimate, "lower": found.lower, "upper": found.upper}
    variable = rows[0]["stratum"].partition("=")[0]
    members = [row["label"] for row in rows]
    return {**rows[0], **numbers, "stratum": f"{variable}=other", "label": "Other", "members": members}
