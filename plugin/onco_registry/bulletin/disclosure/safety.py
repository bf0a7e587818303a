"""Patients with adverse events: in all, severe, related, and term by term; no curve, rate or dose."""

from __future__ import annotations

from collections.abc import Mapping

from onco_registry.bulletin.disclosure.algebra import in_both, tellable
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.frames import Record

_NONE, _LOW, _HIGH, _FATAL, _UNGRADED = "none", "1-2", "3-4", "5", "any"
_BANDS = (_LOW, _HIGH, _FATAL)
_SUMMARY = {"ae": _BANDS, "ae_grade_3_4": (_HIGH,), "ae_grade_5": (_FATAL,), "ae_grade_1_2": (_LOW,)}
# Worst grades of at least 1, 3 and 5: nested in each other, and those of related events in those of any.
_AT_LEAST = (_BANDS, (_HIGH, _FATAL), (_FATAL,))
TOTALS = ("any_total", "any_severe", "related_total")


def safety(section: Record, patients: int, rule: Rule) -> Record:
    """The section with the summary and totals by term that may be told; without grades, where some event has none.

    A term of which nothing may be told is left out: that it is there would tell that somebody had it.
    """
    of_any, of_related = _by_grade(section["any"], ""), _by_grade(section["related"], "_related")
    whole = sum(of_any.values()) == patients
    some = _summary(section["any"], of_any, "", rule) if whole else set()
    nested = bool(some) and _nested(of_related, of_any, rule)
    related = _summary(section["related"], of_related, "_related", rule) if nested else set()
    terms = [_term(term, of_any, of_related, rule) for term in section["terms"]] if some else []
    terms = _not_of_few(section["terms"], terms, of_any, of_related, rule)
    return {
        "any": [row if row["measure"] in some else withheld(row) for row in section["any"]],
        "related": [row if row["measure"] in related else withheld(row) for row in section["related"]],
        "terms": [term for term in terms if term["any_total"] is not None],
        "groups": [],
        "rates": [],
        "incidence": [],
        "laboratory": [],
        "doses": [],
        "deaths_after_last_dose": None,
        "immune_steroids": None,
        "immune_outcomes": [],
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
    everyone, high, fatal, low = summary_sets(suffix)
    wanted: list[tuple[str, set[str]]] = [(everyone, set(counts) - {_NONE})]
    wanted += [(low, {_LOW})] if _LOW in counts else []
    told = tellable(counts, wanted, {high: _HIGH, fatal: _FATAL}, rule)
    return told & {row["measure"] for row in rows}


def _nested(inner: Mapping[str, int], outer: Mapping[str, int], rule: Rule) -> bool:
    """Whether who has an event, but none that is related, of at least each grade are 0 or at least k."""
    if not inner or sum(inner.values()) != sum(outer.values()) or _UNGRADED in {*inner, *outer}:
        return False
    return rule.count(*(_sum(outer, bands) - _sum(inner, bands) for bands in _AT_LEAST))


def _sum(counts: Mapping[str, int], bands: tuple[str, ...]) -> int:
    return sum(counts.get(band, 0) for band in bands)


def _with(counts: Mapping[str, int]) -> int:
    return sum(counts.values()) - counts.get(_NONE, 0)


def _numbers(term: Record) -> tuple[int, int, int]:
    """Patients with the term; severe; related: the numbers of `TOTALS`."""
    return term["any_total"], term["any_severe"], term["related_total"]


def _term(term: Record, of_any: Mapping[str, int], of_related: Mapping[str, int], rule: Rule) -> Record:
    """Totals of a term, each a subset of patients with any event, of the same kind and grade, and of the one before."""
    n, (total, severe, related) = term["n"], _numbers(term)
    tells = n == sum(of_any.values()) and rule.proportion(total, n) and rule.count(_with(of_any) - total)
    tells_severe = (
        tells
        and _UNGRADED not in of_any
        and rule.proportion(severe, n)
        and rule.count(total - severe, _sum(of_any, (_HIGH, _FATAL)) - severe)
    )
    tells_related = tells and rule.proportion(related, n) and rule.count(total - related, _with(of_related) - related)
    nothing: list[None] = [None] * len(term["any"])
    return {
        "term": term["term"],
        "class": term["class"],
        "n": n,
        "any": nothing,
        "related": nothing,
        "any_total": total if tells else None,
        "any_severe": severe if tells_severe else None,
        "related_total": related if tells_related else None,
        "related_severe": None,
    }


def _not_of_few(
    terms: list[Record], told: list[Record], of_any: Mapping[str, int], of_related: Mapping[str, int], rule: Rule
) -> list[Record]:
    """Without what follows where there are just two terms, or hardly anybody has more than one.

    Who has both of two terms follows from their totals. Where nobody has two terms, the totals of each kind add up, so
    that one which is withheld would follow from the others.
    """
    whole = (_with(of_any), _sum(of_any, (_HIGH, _FATAL)), _with(of_related))
    there = [numbers for numbers in map(_numbers, terms) if numbers[0]]
    tight = len(there) < 3 or sum(numbers[0] for numbers in there) - whole[0] < rule.k
    for position, (name, having) in enumerate(zip(TOTALS, whole, strict=True)):
        few = not rule.count(abs(in_both([numbers[position] for numbers in there], having)))
        if few or (tight and name != TOTALS[0] and any(term[name] is None for term in told)):
            told = [{**term, **dict.fromkeys(TOTALS if name == TOTALS[0] else [name])} for term in told]
    return told
