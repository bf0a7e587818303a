"""The section `safety` of a registry definition."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from onco_registry import registry_model as model
from onco_registry.laboratory import measurements
from onco_registry.safety_model import DosePlan, Laboratory, Steroids
from onco_registry.units import unit_concepts
from onco_registry.yaml_value import YamlValue

_SETS = (
    "attributes", "grade", "grade_values", "causality", "related_values", "seriousness", "serious_values",
    "extended_terms", "terms",
)  # fmt: skip
_OPTIONAL_SETS = ("classes", "outcome", "outcome_values")
_OPTIONAL = (*_OPTIONAL_SETS, "incidence_in_months", "laboratory", "doses", "stop_reasons", "steroids")


def read_safety(value: YamlValue, sets: Mapping[str, model.ConceptSet], exposure: model.Exposure) -> model.Safety:
    """Concept sets of the attributes, windows, groups, and, where declared, laboratory, doses, reasons, steroids."""
    keys = value.keys((*_SETS, "event_fields", "window_days", "extended_window_days", "groups"), _OPTIONAL)
    named = (*_SETS, *(name for name in _OPTIONAL_SETS if name in keys))
    months = keys["incidence_in_months"].items() if "incidence_in_months" in keys else []
    return model.Safety(
        **{name: keys[name].choice(sets, "concept set") for name in named},
        event_fields=_event_fields(keys["event_fields"]),
        window_days=keys["window_days"].integer(),
        extended_window_days=keys["extended_window_days"].integer(),
        groups=tuple(item.choice(sets, "concept set") for item in keys["groups"].items()),
        incidence_months=tuple(month.integer(minimum=1) for month in months),
        laboratory=_laboratory(keys["laboratory"], sets) if "laboratory" in keys else None,
        doses=_doses(keys["doses"], sets, exposure) if "doses" in keys else (),
        stop_reasons=_stop_reasons(keys["stop_reasons"]) if "stop_reasons" in keys else {},
        steroids=_steroids(keys["steroids"], sets) if "steroids" in keys else None,
    )


def _event_fields(value: YamlValue) -> Mapping[str, int]:
    fields = {}
    for table, field in value.mapping().items():
        if table not in model.EVENT_TABLES:
            field.refuse(f"unknown table {table!r}; known: {', '.join(model.EVENT_TABLES)}")
        # For a reference to a row of `observation` no concept is verified: it has 0 (mappings/sql/macros/codes.sql).
        fields[table] = field.integer(minimum=0 if table == "observation" else 1)
    return fields


def _laboratory(value: YamlValue, sets: Collection[str]) -> Laboratory:
    """Each measurement is a concept set of the registry, by a name that the grading rules know."""
    keys = value.keys(("baseline_days", "measurements"))
    graded = measurements()
    for item in keys["measurements"].items():
        item.choice(graded, "graded measurement")
    return Laboratory(
        baseline_days=keys["baseline_days"].integer(),
        measurements=tuple(item.choice(sets, "concept set") for item in keys["measurements"].items()),
    )


def _doses(value: YamlValue, sets: Mapping[str, model.ConceptSet], exposure: model.Exposure) -> tuple[DosePlan, ...]:
    components = {component.name: component for component in exposure.components}
    plans = []
    for name, item in value.mapping().items():
        if name not in components:
            item.refuse(f"unknown component {name!r}; known: {', '.join(components)}")
        plans.append(_dose_plan(name, item, sets[components[name].concept_set]))
    return tuple(plans)


def _dose_plan(name: str, value: YamlValue, concepts: model.ConceptSet) -> DosePlan:
    keys = value.keys(("days_on", "cycle_days", "delay_days", "unit", "planned"))
    planned = {}
    for agent, amount in keys["planned"].mapping().items():
        if agent not in concepts.groups:
            amount.refuse(f"unknown agent {agent!r}; known: {', '.join(concepts.groups)}")
        planned[agent] = float(amount.integer(minimum=1))
    unit = keys["unit"].choice(unit_concepts(), "unit")
    days_on, cycle = keys["days_on"].integer(minimum=1), keys["cycle_days"].integer(minimum=1)
    if days_on > cycle:
        keys["days_on"].refuse(f"more than the {cycle} days of a cycle")
    return DosePlan(name, days_on, cycle, keys["delay_days"].integer(), unit, unit_concepts()[unit], planned)


def _stop_reasons(value: YamlValue) -> Mapping[str, tuple[str, ...]]:
    return {reason: tuple(text.text() for text in texts.items()) for reason, texts in value.mapping().items()}


def _steroids(value: YamlValue, sets: Collection[str]) -> Steroids:
    keys = value.keys(("concept_set", "within_days"))
    return Steroids(keys["concept_set"].choice(sets, "concept set"), keys["within_days"].integer())
