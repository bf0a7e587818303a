"""What a document tells of its patients, as counts by name: those that two documents name alike can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from onco_registry.bulletin.disclosure.algebra import blocks
from onco_registry.bulletin.disclosure.completeness import differences, response_counts
from onco_registry.bulletin.disclosure.response import SETS, WITHIN
from onco_registry.bulletin.disclosure.safety import TOTALS, summary_sets
from onco_registry.bulletin.disclosure.survival import Told, apart, read
from onco_registry.bulletin.frames import Record

Block = frozenset[str]
Counts = Mapping[Block, int]


@dataclass(frozen=True)
class Counted:
    """The counts of a document, public or internal.

    counts: by name, each count, and each difference of two of which one is of a part of the other's patients.
    partitions: by name, the counts by level (or levels put together) of what each patient has one level of.
    curves: by endpoint. terms: the totals of adverse events by term. by_level: whether responses are told by level.
    all_alike: whether it tells that all, or none, of the patients responded.
    """

    counts: Mapping[str, int]
    partitions: Mapping[str, Counts]
    curves: Mapping[str, Told]
    terms: Mapping[str, Record]
    by_level: bool
    all_alike: bool


def count(document: Record) -> Counted:
    """What a document tells."""
    orr = _told((document["response"] or {}).get("estimates")).get("orr")
    return Counted(
        counts=dict(_counts(document)),
        partitions=dict(_partitions(document)),
        curves=dict(_curves(document)),
        terms={row["term"]: row for row in (document["safety"] or {}).get("terms", [])},
        by_level=bool(_strata(document)),
        all_alike=orr is not None and orr["x"] in (0, orr["n"]),
    )


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


def _strata(document: Record) -> list[Record]:
    return list((document["response"] or {}).get("strata", []))


def _curves(document: Record) -> Iterator[tuple[str, Told]]:
    for entry in document["survival"]:
        if entry["curve"]["points"]:
            yield entry["endpoint"], read(entry["curve"])


def _told(rows: list[Record] | None) -> dict[str, Record]:
    return {row["measure"]: row for row in rows or [] if not row.get("withheld")}


def _share(name: str, x: int | None, n: int | None) -> Iterator[tuple[str, int]]:
    if x is not None and n is not None:
        yield from ((name, x), (f"n of {name}", n), (f"not {name}", n - x))


def _rest(name: str, whole: int | None, part: int | None) -> Iterator[tuple[str, int]]:
    if whole is not None and part is not None:
        yield name, whole - part
