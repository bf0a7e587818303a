"""Whether a release may follow the one before: every count that follows from both moved by 0 or at least k persons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from onco_registry.bulletin.disclosure.algebra import residues
from onco_registry.bulletin.disclosure.response import SETS
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.disclosure.safety import summary_sets
from onco_registry.bulletin.frames import Record

Block = frozenset[str]
_TOTALS = ("any_total", "any_severe", "related_total")


def may_follow(document: Record, last: Record, rule: Rule) -> bool:
    """Whether no count that both releases tell, and no sum or difference of such counts, moved by a few persons."""
    return rule.count(*(abs(moved) for moved in _moved(last, document)))


def _moved(last: Record, document: Record) -> Iterator[int]:
    before, after = dict(_counts(last)), dict(_counts(document))
    both = before.keys() & after.keys()
    yield from (after[name] - before[name] for name in both)
    # Of two counts, of which one is of a part of the other's patients, the rest is a count, too.
    for part, whole in _nested(both):
        yield (after[whole] - after[part]) - (before[whole] - before[part])
    for sets in (SETS, summary_sets(""), summary_sets("_related")):
        told = [name for name in sets if name in both]
        rests = (
            [
                residues(sets, {name: one[name] for name in told}, one.get(f"n of {told[0]}", 0))
                for one in (before, after)
            ]
            if told
            else [{}, {}]
        )
        yield from (rests[1][name] - rests[0][name] for name in rests[0])
    levels = _levels(last), _levels(document)
    for name in levels[0].keys() & levels[1].keys():
        yield from _regrouped(levels[0][name], levels[1][name])


def _counts(document: Record) -> Iterator[tuple[str, int]]:
    yield from _told(("patients", document["headline"]["patients"]))
    for step in document["attrition"][:1]:
        yield "considered", step["remaining"] + step["excluded"]
    for entry in document["baseline"]:
        for level in entry["levels"] if entry["multiple"] else []:
            yield from _share(f"baseline {entry['variable']} {level['level']}", level["x"], entry["n"])
    for row in _rows(document):
        yield from _share(row["measure"], row["x"], row["n"])
    for entry in document["survival"]:
        yield from _of_curve(entry)
    for term in (document["safety"] or {}).get("terms", []):
        for name in _TOTALS:
            yield from _share(f"{term['term']} {name}", term[name], term["n"])
    for row in document["completeness"]:
        yield from _share(f"completeness {row['item']}", row["x"], row["n"])


def _nested(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(part, whole) of the counts that are there: events of a term, related events, who is at risk of two endpoints."""
    there = set(names)
    terms = [(name, *name.rsplit(" ", 1)) for name in there if name.rsplit(" ", 1)[-1] in _TOTALS]
    pairs = [(name, "ae_related" if total == "related_total" else "ae_any") for name, _, total in terms]
    pairs += [(name, f"{term} any_total") for name, term, total in terms if total != "any_total"]
    pairs += [
        ("ae_related", "ae_any"),
        ("orr_confirmed", "orr"),
        ("dcr_confirmed", "dcr"),
        ("orr_confirmed", "dcr_confirmed"),
    ]
    at_risk = sorted(name for name in there if " at risk after " in name)
    pairs += [(a, b) for a, b in combinations(at_risk, 2) if a.rsplit(" ", 1)[1] == b.rsplit(" ", 1)[1]]
    yield from ((part, whole) for part, whole in pairs if {part, whole} <= there)


def _rows(document: Record) -> Iterator[Record]:
    response, safety = document["response"] or {}, document["safety"] or {}
    for rows in (response.get("estimates"), response.get("further"), safety.get("any"), safety.get("related")):
        yield from (row for row in rows or [] if not row.get("withheld"))


def _of_curve(entry: Record) -> Iterator[tuple[str, int]]:
    """What is known at the end of each interval: events and censorings until then, and who is still at risk."""
    events = censored = 0
    points = entry["curve"]["points"]
    for point in points:
        events, censored = events + point["events"], censored + point["censored"]
        name, until = entry["endpoint"], point["time_days"]
        yield f"{name} events until {until}", events
        yield f"{name} censored until {until}", censored
        yield f"{name} at risk after {until}", points[0]["at_risk"] - events - censored


def _levels(document: Record) -> dict[str, dict[Block, int]]:
    """Counts by level of the variables of which each patient is in one, and of the steps of the flow."""
    found: dict[str, dict[Block, int]] = {
        f"baseline {entry['variable']}": {_block(level): level["x"] for level in entry["levels"]}
        for entry in document["baseline"]
        if not entry["multiple"] and entry["levels"]
    }
    found["attrition"] = {_block(step): step["excluded"] for step in document["attrition"]}
    for stratum in (document["response"] or {}).get("strata", []):
        for name, rest in (("with", False), ("without", True)):
            found[f"{name} response by {stratum['variable']}"] = {
                _block(row): row["n"] - row["x"] if rest else row["x"] for row in stratum["rows"]
            }
    return found


def _block(level: Record) -> Block:
    return frozenset(level.get("members", [level["label"]]))


def _regrouped(before: Mapping[Block, int], after: Mapping[Block, int]) -> Iterator[int]:
    """By how many the smallest sums moved that both groupings of the levels tell."""
    common: list[Block] = []
    for block in (*before, *after):
        touching = [one for one in common if one & block]
        common = [one for one in common if not one & block] + [block.union(*touching)]
    for members in common:
        yield _sum(after, members) - _sum(before, members)


def _sum(counts: Mapping[Block, int], members: Block) -> int:
    return sum(count for block, count in counts.items() if block <= members)


def _share(name: str, x: int | None, n: int | None) -> Iterator[tuple[str, int]]:
    yield from _told((name, x), (f"n of {name}", n), (f"not {name}", None if x is None or n is None else n - x))


def _told(*named: tuple[str, int | None]) -> Iterator[tuple[str, int]]:
    yield from ((name, value) for name, value in named if value is not None)
