"""Whether a release may stand beside another: every count that follows from both moved by 0 or at least k persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from onco_registry.bulletin.disclosure.algebra import blocks
from onco_registry.bulletin.disclosure.completeness import differences, response_counts
from onco_registry.bulletin.disclosure.response import SETS, WITHIN
from onco_registry.bulletin.disclosure.rule import Rule
from onco_registry.bulletin.disclosure.safety import TOTALS, summary_sets
from onco_registry.bulletin.disclosure.survival import Told, apart, read
from onco_registry.bulletin.frames import Record

Block = frozenset[str]
Counts = Mapping[Block, int]


def may_follow(document: Record, last: Record, rule: Rule, truth: Record) -> bool:
    """Whether no count that both releases tell, and no sum or difference of such counts, moved by a few persons.

    `truth` is the internal document of this one: a count that the other tells and this one does not must not have moved
    by a few either, for that it is withheld now says where it went. What goes by a new name is held against what has
    lost its own.
    """
    if _all_alike(last) is not _all_alike(document) and (_strata(last) or _strata(document)):
        # Where all or none responded, so did those of each level, which the other edition tells of.
        return False
    moved = (*_moved(last, document), *_withheld_now(last, document, truth), *_renamed(last, document, truth))
    return rule.count(*(abs(one) for one in moved))


def _all_alike(document: Record) -> bool:
    """Whether the document tells that all, or none, of the patients responded."""
    orr = _told((document["response"] or {}).get("estimates")).get("orr")
    return orr is not None and orr["x"] in (0, orr["n"])


def _strata(document: Record) -> list[Record]:
    return list((document["response"] or {}).get("strata", []))


def _moved(last: Record, document: Record) -> Iterator[int]:
    before, after = dict(_counts(last)), dict(_counts(document))
    yield from (after[name] - before[name] for name in before.keys() & after.keys())
    groups = dict(_partitions(last)), dict(_partitions(document))
    for name in groups[0].keys() & groups[1].keys():
        yield from _regrouped(groups[0][name], groups[1][name])
    curves = dict(_curves(last)), dict(_curves(document))
    for endpoint in curves[0].keys() & curves[1].keys():
        yield from _of_curves(curves[0][endpoint], curves[1][endpoint])


def _withheld_now(last: Record, document: Record, truth: Record) -> Iterator[int]:
    """By how many the counts moved that the release before tells and this one does not."""
    before, after, now = dict(_counts(last)), dict(_counts(document)), dict(_counts(truth))
    yield from (now[name] - before[name] for name in (before.keys() & now.keys()) - after.keys())
    groups = dict(_partitions(last)), dict(_partitions(document)), dict(_partitions(truth))
    for name in groups[0].keys() & groups[2].keys():
        known = frozenset().union(*groups[2][name])
        for members in groups[0][name].keys() - groups[1].get(name, {}).keys():
            if members <= known:
                yield _sum(groups[2][name], members) - groups[0][name][members]


def _renamed(last: Record, document: Record, truth: Record) -> Iterator[int]:
    """By how many a count moved, if what is new is what is gone, by another name: levels, variables, terms."""
    groups = dict(_partitions(last)), dict(_partitions(document)), dict(_partitions(truth))
    for name in groups[0].keys() & groups[1].keys():
        before, after = groups[0][name], groups[1][name]
        gone = before.keys() - _within(before, frozenset().union(*groups[2].get(name, {})))
        new = after.keys() - _within(after, frozenset().union(*before))
        yield from (after[one] - before[other] for one in new for other in gone)
    for lost in groups[0].keys() - groups[2].keys():
        for found in groups[1].keys() - groups[0].keys():
            if frozenset().union(*groups[0][lost]) & frozenset().union(*groups[1][found]):
                yield from _regrouped(groups[0][lost], groups[1][found])
    terms = _terms(last), _terms(document), _terms(truth)
    for lost in terms[0].keys() - terms[2].keys():
        for found in terms[1].keys() - terms[0].keys():
            told = [(terms[0][lost][name], terms[1][found][name]) for name in TOTALS]
            yield from (after - before for before, after in told if before is not None and after is not None)


def _within(counts: Counts, members: Block) -> set[Block]:
    """The blocks of which some member is known."""
    return {block for block in counts if block & members}


def _terms(document: Record) -> dict[str, Record]:
    return {row["term"]: row for row in (document["safety"] or {}).get("terms", [])}


def _counts(document: Record) -> Iterator[tuple[str, int]]:
    """Each count of the document, and each difference of two of which one is of a part of the other's patients."""
    patients = document["headline"]["patients"]
    if patients is None:
        return
    yield "patients", patients
    for step in document["attrition"]:
        yield f"remaining {sorted(_block(step))}", step["remaining"]
    for step in document["attrition"][:1]:
        yield "considered", step["remaining"] + step["excluded"]
    yield from _of_response(document["response"] or {})
    yield from _of_safety(document["safety"] or {})
    yield from _of_completeness(document, patients)
    for (name, one), (other_name, other) in combinations(_curves(document), 2):
        yield from ((f"{name} {other_name} {what} {day}", count) for (what, day), count in apart(one, other).items())


def _of_response(section: Record) -> Iterator[tuple[str, int]]:
    rows = _told(section.get("estimates"))
    # An internal document tells of more.
    further = {name: row for name, row in _told(section.get("further")).items() if name in WITHIN}
    for name, row in {**rows, **further}.items():
        yield from _share(name, row["x"], row["n"])
    for name, row in further.items():
        yield f"{WITHIN[name]} but not {name}", rows[WITHIN[name]]["x"] - row["x"]
    if len(further) == len(WITHIN):
        yield "confirmed control but no response", further["dcr_confirmed"]["x"] - further["orr_confirmed"]["x"]


def _of_safety(section: Record) -> Iterator[tuple[str, int]]:
    some, related = _told(section.get("any")), _told(section.get("related"))
    for name, row in {**some, **related}.items():
        yield from _share(name, row["x"], row["n"])
    for name, row in related.items():
        whole = "ae_any" if name == "ae_related" else name.removesuffix("_related")
        if whole in some:
            yield f"{whole} but not {name}", some[whole]["x"] - row["x"]
    severe, severe_related = _severe(some, ""), _severe(related, "_related")
    yield from _rest("severe but not related", severe, severe_related)
    everyone = [rows[name]["x"] if name in rows else None for rows, name in ((some, "ae_any"), (related, "ae_related"))]
    for term in section.get("terms", []):
        for name, outer in zip(TOTALS, (everyone[0], severe, everyone[1]), strict=True):
            yield from _share(f"{term['term']} {name}", term[name], term["n"])
            yield from _rest(f"none of {term['term']} {name}", outer, term[name])
            yield from _rest(f"{term['term']} but not {name}", term["any_total"], term[name])


def _severe(rows: Mapping[str, Record], suffix: str) -> int | None:
    told = [rows[name]["x"] for grade in ("3_4", "5") if (name := f"ae_grade_{grade}{suffix}") in rows]
    return sum(told) if len(told) == 2 else None


def _of_completeness(document: Record, patients: int) -> Iterator[tuple[str, int]]:
    told = {row["item"]: row["x"] for row in document["completeness"] if row["x"] is not None}
    counts = response_counts(document["response"])
    for item, x in told.items():
        yield from _share(item, x, patients)
        # Responses of a document are in one order, and those of two may be compared where both tell the same ones.
        named = "+".join(sorted(_told((document["response"] or {}).get("estimates"))))
        yield from ((f"{item} {named} {at}", moved) for at, moved in enumerate(differences(x, counts, patients)))
    for one, other in combinations(sorted(told), 2):
        for at, moved in enumerate(differences(told[one], [told[other]], patients)):
            yield f"{one} {other} {at}", moved


def _partitions(document: Record) -> Iterator[tuple[str, Counts]]:
    """Counts by level of the variables of which each patient is in one, and of the steps of the flow."""
    for entry in document["baseline"]:
        if entry["levels"]:
            yield f"baseline {entry['variable']}", {_block(level): level["x"] for level in entry["levels"]}
    yield "attrition", {_block(step): step["excluded"] for step in document["attrition"]}
    response, safety = document["response"] or {}, document["safety"] or {}
    for name, sets, rows in (
        ("response", SETS, response.get("estimates")),
        ("any event", summary_sets(""), safety.get("any")),
        ("related event", summary_sets("_related"), safety.get("related")),
    ):
        told = {measure: row for measure, row in _told(rows).items() if measure in sets}
        if told:
            n = next(iter(told.values()))["n"]
            yield name, blocks(sets, {measure: row["x"] for measure, row in told.items()}, n)
    for stratum in _strata(document):
        for name, rest in (("with", False), ("without", True)):
            counts = {_block(row): row["n"] - row["x"] if rest else row["x"] for row in stratum["rows"]}
            yield f"{name} response by {stratum['variable']}", counts


def _block(level: Record) -> Block:
    return frozenset(level.get("members", [level["label"]]))


def _regrouped(before: Counts, after: Counts) -> Iterator[int]:
    """By how many the smallest sums moved that both groupings of the levels tell, and by how many all others."""
    common: list[Block] = []
    for block in (*before, *after):
        touching = [one for one in common if one & block]
        common = [one for one in common if not one & block] + [block.union(*touching)]
    whole = sum(after.values()) - sum(before.values())
    for members in common:
        moved = _sum(after, members) - _sum(before, members)
        yield from (moved, whole - moved)


def _sum(counts: Counts, members: Block) -> int:
    return sum(count for block, count in counts.items() if block <= members)


def _curves(document: Record) -> Iterator[tuple[str, Told]]:
    for entry in document["survival"]:
        if entry["curve"]["points"]:
            yield entry["endpoint"], read(entry["curve"])


def _of_curves(before: Told, after: Told) -> Iterator[int]:
    """By how many what is known at each day moved, and what is known between any two."""
    known = before.known(), after.known()
    moved = {name: known[1][name] - known[0][name] for name in known[0].keys() & known[1].keys()}
    yield from moved.values()
    for one, other in combinations(moved, 2):
        if one[0] == other[0]:
            yield moved[one] - moved[other]


def _told(rows: list[Record] | None) -> dict[str, Record]:
    return {row["measure"]: row for row in rows or [] if not row.get("withheld")}


def _share(name: str, x: int | None, n: int | None) -> Iterator[tuple[str, int]]:
    if x is not None and n is not None:
        yield from ((name, x), (f"n of {name}", n), (f"not {name}", n - x))


def _rest(name: str, whole: int | None, part: int | None) -> Iterator[tuple[str, int]]:
    if whole is not None and part is not None:
        yield name, whole - part
