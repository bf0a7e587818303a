"""Safety: adverse events and laboratory grades during treatment, time to them, doses (SQL in sql/outcomes)."""

from __future__ import annotations

from typing import Any

from onco_registry.laboratory import grade_laboratory
from onco_registry.registry_model import RegistryDefinition, Safety
from onco_registry.relations import Relations

_EVENTS = (
    "treatment_window", "adverse_event_attribute", "adverse_event_row", "adverse_event_before",
    "adverse_event_record", "adverse_event", "adverse_event_group", "ae_table", "adverse_event_item", "safety_item",
    "safety_table", "adverse_event_time", "immune_event",
)  # fmt: skip
# Texts of drug_exposure.stop_reason are cut at this length.
_STOP_REASON_LENGTH = 20


def safety_parameters(registry: RegistryDefinition) -> dict[str, Any]:
    """The values that the SELECTs of safety name as $parameter; a concept set that is not declared is empty."""
    rules = registry.safety
    if rules is None:
        return {}
    return {
        "attributes": rules.attributes,
        "grade": rules.grade,
        "grade_values": rules.grade_values,
        "causality": rules.causality,
        "related_values": rules.related_values,
        "seriousness": rules.seriousness,
        "serious_values": rules.serious_values,
        "outcome": rules.outcome or "",
        "outcome_values": rules.outcome_values or "",
        "classes": rules.classes or "",
        "window_days": rules.window_days,
        "extended_window_days": rules.extended_window_days,
        "extended_terms": rules.extended_terms,
        "terms": rules.terms,
        "ae_groups": list(rules.groups),
        "laboratory_baseline_days": rules.laboratory.baseline_days if rules.laboratory else 0,
        "steroids": rules.steroids.concept_set if rules.steroids else "",
        "steroid_days": rules.steroids.within_days if rules.steroids else 0,
    }


def collect_adverse_events(relations: Relations, registry: RegistryDefinition) -> None:
    """Make the relations of safety, up to `safety_table`, `adverse_event_time`, `laboratory_grade` and `dose`.

    None of them where the registry declares no safety.
    """
    rules = registry.safety
    if rules is None:
        return
    relations.declare(
        "event_field",
        {"cdm_table": "VARCHAR", "field_concept_id": "INTEGER"},
        list(rules.event_fields.items()),
    )
    for name in _EVENTS:
        relations.create(name)
    grade_laboratory(relations, rules.laboratory)
    _collect_doses(relations, rules)


def _collect_doses(relations: Relations, rules: Safety) -> None:
    relations.declare(
        "dose_plan",
        {
            "component": "VARCHAR",
            "days_on": "INTEGER",
            "cycle_days": "INTEGER",
            "delay_days": "INTEGER",
            "unit": "VARCHAR",
            "unit_concept_id": "INTEGER",
        },
        [
            (plan.component, plan.days_on, plan.cycle_days, plan.delay_days, plan.unit, plan.unit_concept_id)
            for plan in rules.doses
        ],
    )
    relations.declare(
        "dose_planned",
        {"component": "VARCHAR", "agent": "VARCHAR", "amount": "DOUBLE"},
        [(plan.component, agent, amount) for plan in rules.doses for agent, amount in plan.planned.items()],
    )
    relations.declare(
        "stop_reason",
        {"stop_text": "VARCHAR", "reason": "VARCHAR"},
        [(text[:_STOP_REASON_LENGTH], reason) for reason, texts in rules.stop_reasons.items() for text in texts],
    )
    relations.create("dose_record")
    relations.create("dose")
