"""Cohort definitions as ATLAS saves them (Circe JSON), for concepts that the demo's file has."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


def concept_set(number: int, concept_id: int, *, descendants: bool = False) -> Json:
    item = {"concept": {"CONCEPT_ID": concept_id}, "includeDescendants": descendants}
    return {"id": number, "name": f"set {number}", "expression": {"items": [item]}}


def concept(concept_id: int) -> Json:
    return {"CONCEPT_ID": concept_id}


def above(value: float, operator: str = "gt") -> Json:
    return {"Value": value, "Op": operator}


def event(domain: str, **criteria: Any) -> Json:
    """The first such event of a person, unless `First` says otherwise."""
    return {domain: {"First": True, **criteria}}


def entry(*events: Json, sets: list[Json], **parts: Any) -> str:
    """Everybody with one of the events in a period of observation; further parts of the expression by their names."""
    expression = {
        "ConceptSets": sets,
        "PrimaryCriteria": {
            "CriteriaList": list(events),
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": [],
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        **parts,
    }
    return json.dumps(expression)


def rule(criteria: Json, *, at_least: int = 1, exactly: int | None = None, start: Json, end: Json) -> Json:
    """A rule of inclusion: so many such events within a window around the first one."""
    count = {"Type": 2, "Count": at_least} if exactly is None else {"Type": 0, "Count": exactly}
    window = {"Start": start, "End": end, "UseIndexEnd": False, "UseEventEnd": False}
    correlated = {"Criteria": criteria, "StartWindow": window, "Occurrence": count}
    group = {"Type": "ALL", "CriteriaList": [correlated], "DemographicCriteriaList": [], "Groups": []}
    return {"name": "rule", "expression": group}


BEFORE: Json = {"Coeff": -1}
AFTER: Json = {"Coeff": 1}


def days(number: int, side: Json) -> Json:
    return {"Days": number, **side}
