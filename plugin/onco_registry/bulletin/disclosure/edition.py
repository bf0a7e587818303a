"""The public document of an internal one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from onco_registry.bulletin.disclosure.attrition import attrition
from onco_registry.bulletin.disclosure.baseline import baseline
from onco_registry.bulletin.disclosure.completeness import completeness
from onco_registry.bulletin.disclosure.differences import may_follow
from onco_registry.bulletin.disclosure.response import response
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.disclosure.safety import safety
from onco_registry.bulletin.disclosure.survival import Told, follow_up, survival
from onco_registry.bulletin.document import translated, validate
from onco_registry.bulletin.frames import Record
from onco_registry.bulletin.sections.checklist import without_counts
from onco_registry.bulletin.sections.headline import FOLLOW_UP

# With 2, whoever sees that a count is hidden knows that it is 1.
FEWEST = 3


def public(
    document: Mapping[str, Any], earlier: Iterable[Mapping[str, Any]], minimum_cell: int
) -> dict[str, Any] | None:
    """The public edition of an internal document; None where there can be none beside the `earlier` public ones.

    No count of fewer than `minimum_cell` persons is in it, none follows from those that are, nor from it and any of the
    earlier ones, whatever their order: a correction is held against what it corrects and what came after it.
    Raises ValueError for a smallest cell below `FEWEST`, or where the document is none.
    """
    if minimum_cell < FEWEST:
        raise ValueError(f"a smallest cell of {minimum_cell} hides nobody: at least {FEWEST}")
    rule = Rule(minimum_cell)
    found = _public(dict(document), rule)
    found["checklist"] = without_counts(found)
    found["translations"] = translated(document["translations"], {**found, "translations": {}})
    validate(found)
    return found if all(may_follow(found, dict(one), rule, dict(document)) for one in earlier) else None


def _public(document: Record, rule: Rule) -> Record:
    patients = document["headline"]["patients"]
    if not patients or not rule.count(patients):
        return _nothing(document, rule)
    table = baseline(document["baseline"], patients, rule)
    times, told = survival(document["survival"], patients, rule)
    answered = document["response"] and response(document["response"], patients, document["baseline"], table, rule)
    happened = document["safety"] and safety(document["safety"], patients, rule)
    found = {
        **_frame(document, rule),
        "headline": _headline(document["headline"], answered, times, told),
        "attrition": attrition(document["attrition"], patients, rule),
        "baseline": table,
        "response": answered,
        "survival": times,
        "safety": happened,
        "completeness": completeness(document["completeness"], patients, answered, rule),
    }
    return found | {"disclosure": _tally(found)}


def _frame(document: Record, rule: Rule) -> Record:
    """What has no count of persons; what is left out of every public edition."""
    checks = [{**check, "detail": None} for check in document["consistency_checks"]]
    return {
        **document,
        "bulletin": {**document["bulletin"], "edition": "public", "minimum_cell": rule.k},
        "changes": None,
        "contrasts": [],
        "further_flows": [],
        "further_endpoints": [],
        "timeliness": [],
        "run": {**document["run"], "quarantined": None},
        "consistency_checks": checks,
        "queries": [],
        "worklist": None,
    }


def _nothing(document: Record, rule: Rule) -> Record:
    """An edition of a cohort of whom nothing may be told, not even how many they are."""
    # Which measures there are would tell nobody from a few.
    return {
        **_frame(document, rule),
        "headline": {"patients": None, "measures": {FOLLOW_UP: None}},
        "attrition": [],
        "baseline": [],
        "response": None,
        "survival": [],
        "safety": None,
        "completeness": [],
        "disclosure": {"shown": 0, "withheld": 0},
    }


def _headline(box: Record, answered: Record | None, times: list[Record], told: Mapping[str, Told]) -> Record:
    rows = list(answered["estimates"]) if answered else []
    rows += [entry["estimates"][0] for entry in times if entry["estimates"]]
    found = {row["measure"]: row for row in rows}
    measures = {name: found.get(name, row and withheld(row)) for name, row in box["measures"].items()}
    return {
        "patients": box["patients"],
        "measures": measures | {FOLLOW_UP: follow_up(box["measures"].get(FOLLOW_UP), told)},
    }


def _tally(found: Record) -> Record:
    """How many counts and estimates are told, and how many were taken out."""
    told = list(_marks(found))
    return {"shown": told.count(True), "withheld": told.count(False)}


def _marks(found: Record) -> Iterator[bool]:
    for step in found["attrition"]:
        yield step["excluded"] is not None
    for entry in found["baseline"]:
        if not entry["levels"]:
            yield False
        for level in entry["levels"]:
            yield level["x"] is not None
    response, safety = found["response"] or {}, found["safety"] or {}
    rows = [*response.get("estimates", []), *response.get("further", [])]
    rows += [row for stratum in response.get("strata", []) for row in stratum["rows"]]
    rows += [row for entry in found["survival"] for row in entry["estimates"]]
    rows += [*safety.get("any", []), *safety.get("related", [])]
    for row in rows:
        yield not row.get("withheld")
    for term in safety.get("terms", []):
        for name in ("any_total", "any_severe", "related_total"):
            yield term[name] is not None
    for row in found["completeness"]:
        yield row["x"] is not None
