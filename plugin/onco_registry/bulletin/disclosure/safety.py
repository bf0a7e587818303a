"""Patients with adverse events: in all, severe, related, and term by term; no curve, rate or dose."""

from __future__ import annotations

from collections.abc import Mapping

from onco_registry.bulletin.disclosure.algebra import tellable
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.frames import Record

_NONE, _LOW, _HIGH, _FATAL, _UNGRADED = "none", "1-2", "3-4", "5", "any"
_BANDS = (_LOW, _HIGH, _FATAL)
_SUMMARY = {"ae": _BANDS, "ae_grade_3_4": (_HIGH,), "ae_grade_5": (_FATAL,), "ae_grade_1_2": (_LOW,)}
# Worst grades of at least 1, 3 and 5: nested in each other, and those of related events in those of any.
_AT_LEAST = (_BANDS, (_HIGH, _FATAL), (_FATAL,))
_SEVERE = slice(2, None)


def safety(section: Record, rule: Rule) -> Record:
    """The section with the summary and totals by term that may be told; without grades, where some event has none."""
    of_any, of_related = _by_grade(section["any"], ""), _by_grade(section["related"], "_related")
    some = _summary(section["any"], of_any, "", rule)
    related = _summary(section["related"], of_related, "_related", rule) if _nested(of_related, of_any, rule) else set()
    return {
        "any": [row if row["measure"] in some else withheld(row) for row in section["any"]],
        "related": [row if row["measure"] in related else withheld(row) for row in section["related"]],
        "terms": [_term(term, of_any, of_related, rule) for term in section["terms"]] if some else [],
        "groups": [],
        "rates": [],
        "incidence": [],
        "laboratory": [],
        "doses": [],
        "deaths_after_last_dose": None,
        "immune_steroids": None,
    }


def summary_sets(suffix: str) -> dict[str, tuple[str, ...]]:
    """The measures of the summary of any (suffix '') or related events ('_related'), by the bands that each holds."""
    every = {f"{name}{suffix}": members for name, members in _SUMMARY.items()}
    return every if suffix else {name if name != "ae" else "ae_any": members for name, members in every.items()}


def _by_grade(rows: list[Record], suffix: str) -> dict[str, int]:
    """Patients by band of their worst grade; where bands do not add up to all with an event, those are in no band."""
    found = {name: next((row for row in rows if row["measure"] == name), None) for name in summary_sets(suffix)}
    everyone = found[next(iter(found))]
    if everyone is None:
        return {}
    counts = {
        members[0]: row["x"]
        for name, members in summary_sets(suffix).items()
        if (row := found[name]) and len(members) == 1
    }
    rest = everyone["x"] - sum(counts.values())
    bands = counts if set(counts) == set(_BANDS) and rest == 0 else {}
    return {_NONE: everyone["n"] - everyone["x"], **(bands or {_UNGRADED: everyone["x"]})}


def _summary(rows: list[Record], counts: Mapping[str, int], suffix: str, rule: Rule) -> set[str]:
    if not counts:
        return set()
    held = set(counts) - {_NONE}
    present = {row["measure"] for row in rows}
    wanted = [
        (name, held if len(members) > 1 else members)
        for name, members in summary_sets(suffix).items()
        if name in present and (len(members) > 1 or set(members) <= held)
    ]
    return set(tellable(counts, wanted, rule))


def _nested(inner: Mapping[str, int], outer: Mapping[str, int], rule: Rule) -> bool:
    """Whether who has an event, but none that is related, of at least each grade are 0 or at least k."""
    if not inner or not outer or _UNGRADED in {*inner, *outer}:
        return False
    return rule.count(*(_sum(outer, bands) - _sum(inner, bands) for bands in _AT_LEAST))


def _sum(counts: Mapping[str, int], bands: tuple[str, ...]) -> int:
    return sum(counts.get(band, 0) for band in bands)


def _term(term: Record, of_any: Mapping[str, int], of_related: Mapping[str, int], rule: Rule) -> Record:
    """Totals of a term, each a subset of patients with any event, of the same kind and grade, and of the one before."""
    n, total, severe, related = term["n"], sum(term["any"]), sum(term["any"][_SEVERE]), sum(term["related"])
    everyone = sum(of_any.values()) - of_any.get(_NONE, 0)
    with_related = sum(of_related.values()) - of_related.get(_NONE, 0)
    tells = rule.proportion(total, n) and rule.count(everyone - total)
    tells_severe = (
        tells
        and _UNGRADED not in of_any
        and rule.proportion(severe, n)
        and rule.count(total - severe, _sum(of_any, (_HIGH, _FATAL)) - severe)
    )
    tells_related = tells and rule.proportion(related, n) and rule.count(total - related, with_related - related)
    nothing: list[None] = [None] * len(term["any"])
    return {
        "term": term["term"],
        "n": n,
        "any": nothing,
        "related": nothing,
        "any_total": total if tells else None,
        "any_severe": severe if tells_severe else None,
        "related_total": related if tells_related else None,
        "related_severe": None,
    }
