"""Response rates of which no sum or difference tells of a few; no bar, line or course of a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from onco_registry.bulletin.disclosure.algebra import tellable
from onco_registry.bulletin.disclosure.pooling import pooled, values
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.frames import DECIMALS, Record
from onco_registry.bulletin.sections.estimates import divided
from onco_registry.bulletin.sections.response import RESPONSES
from onco_registry.exact import proportion

_RESPONDED = ("CR", "PR")
_CONTROLLED = (*_RESPONDED, "SD", "NON-CR/NON-PD")
SETS = {"orr": _RESPONDED, "dcr": _CONTROLLED} | {f"response_{name.lower()}": (name,) for name in RESPONSES}
# Subsets of another rate: told where the rate is, and the patients in one but not the other are 0 or at least k.
WITHIN = {"orr_confirmed": "orr", "dcr_confirmed": "dcr"}
_HOLDS = {"dcr_confirmed": "orr_confirmed"}

# Levels of a stratum that are told together.
Block = list[Record]


def response(section: Record, patients: int, baseline: list[Record], table: list[Record], rule: Rule) -> Record:
    """The section with rates only; `patients` in the cohort, of whom those not seen at index have no response.

    `baseline`: that of the internal document, `table` of the public one. Rates by stratum are told of variables that
    are in it, level by level or coarser, so that the two can be held against each other.
    """
    rows = {row["measure"]: row for row in section["estimates"]}
    told = _told(rows, patients, rule)
    estimates = [row if row["measure"] in told else withheld(row) for row in section["estimates"]]
    strata = divided(section["strata"]) if "orr" in told and rows["orr"]["n"] == patients else []
    return {
        "estimates": estimates,
        "further": _further(section["further"], {name: rows[name] for name in told}, rule),
        "by_rule": [],
        "immune_progression": [],
        "by_source": [],
        "waterfall": [],
        "without_change": None,
        "swimmer": [],
        "spider": [],
        "strata": [found for stratum in strata if (found := _stratum(stratum, baseline, table, rule))],
    }


def _told(rows: Mapping[str, Record], patients: int, rule: Rule) -> set[str]:
    counts = {name: rows[f"response_{name.lower()}"]["x"] for name in RESPONSES if f"response_{name.lower()}" in rows}
    n = sum(counts.values())
    if set(counts) != set(RESPONSES) or not rule.count(n, patients - n):
        return set()
    return rates(counts, rule) & set(rows)


def rates(counts: Mapping[str, int], rule: Rule) -> set[str]:
    """The measures that may be told, of patients by best response: the rates, and responses two by two."""
    single = {name: members[0] for name, members in SETS.items() if len(members) == 1}
    return tellable(counts, [(name, SETS[name]) for name in ("orr", "dcr")], single, rule)


def _further(rows: list[Record], told: Mapping[str, Record], rule: Rule) -> list[Record]:
    found: dict[str, Record] = {}
    for row in rows:
        outer, inner = told.get(WITHIN.get(row["measure"], "")), found.get(_HOLDS.get(row["measure"], ""))
        if (
            outer is not None
            and outer["n"] == row["n"]
            and rule.proportion(row["x"], row["n"])
            and rule.count(outer["x"] - row["x"])
            and (inner is None or rule.count(row["x"] - inner["x"]))
        ):
            found[row["measure"]] = row
    return [found.get(row["measure"], withheld(row)) for row in rows if row["measure"] in WITHIN]


def _stratum(stratum: Record, baseline: list[Record], table: list[Record], rule: Rule) -> Record | None:
    start = _blocks({row["label"]: row for row in stratum["rows"]}, baseline, table)
    if start is None:
        return None
    found = pooled(
        start,
        lambda block: _total(block, "n"),
        lambda some: rule.proportion(_of(some, "x"), _of(some, "n")),
        lambda some, added: _follows(some, added, rule),
    )
    if found is None:
        return None
    told, together = found
    merged = [*told, *([[row for block in together for row in block]] if together else [])]
    return {**stratum, "rows": [_together(block) for block in merged]}


def _blocks(rows: Mapping[str, Record], baseline: list[Record], table: list[Record]) -> list[Block] | None:
    """The rows as the baseline table tells their levels; None where it has no variable with just these patients."""
    for entry, public in zip(baseline, table, strict=True):
        there = {level["label"]: level["x"] for level in entry["levels"] if level["x"]}
        if not entry["multiple"] and public["levels"] and there == {label: row["n"] for label, row in rows.items()}:
            told = [level.get("members", [level["label"]]) for level in public["levels"]]
            blocks = [[rows[label] for label in members if label in rows] for members in told]
            return [block for block in blocks if block]
    return None


def _follows(small: Sequence[Block], added: Block | None, rule: Rule) -> bool:
    """Whether the responses of a block follow from those of all, their sizes, and why they were pooled."""
    sizes = [_total(block, "n") for block in small]
    possible = [[x for x in range(size + 1) if not rule.proportion(x, size)] for size in sizes]
    total = _of(small, "x")
    if added is None:
        return _given(values(total, possible), sizes, rule)
    total, n, rest = total + _total(added, "x"), sum(sizes), _total(added, "n")
    left = [x for x in range(min(n, total) + 1) if rule.proportion(total - x, rest)]
    ways = [found for x in left if all(found := values(x, possible)) and _why(x, n, found, sizes, rule)]
    return _given([set().union(*one) for one in zip(*ways, strict=True)], sizes, rule)


def _why(x: int, n: int, found: Sequence[set[int]], sizes: Sequence[int], rule: Rule) -> bool:
    """Whether blocks with x responses in all could not be told together without another."""
    return not rule.proportion(x, n) or _given(found, sizes, rule)


def _given(found: Sequence[set[int]], sizes: Sequence[int], rule: Rule) -> bool:
    """Whether a block's responses can be one number only, which tells of a few."""
    return any(len(one) == 1 and not rule.count(*one, size - min(one)) for one, size in zip(found, sizes, strict=True))


def _total(block: Block, name: str) -> int:
    return sum(int(row[name]) for row in block)


def _of(blocks: Sequence[Block], name: str) -> int:
    return sum(_total(block, name) for block in blocks)


def _together(rows: Block) -> Record:
    if len(rows) == 1:
        return rows[0]
    x, n = _total(rows, "x"), _total(rows, "n")
    found = proportion(x, n, 100 * rows[0]["ci_level"])
    limits = {name: round(getattr(found, name), DECIMALS) for name in ("estimate", "lower", "upper")}
    numbers = {"x": x, "n": n, **limits}
    variable = rows[0]["stratum"].partition("=")[0]
    # Not in the order of the strata, which is that of their number.
    members = sorted(row["label"] for row in rows)
    return {**rows[0], **numbers, "stratum": f"{variable}={'; '.join(members)}", "label": "Other", "members": members}
