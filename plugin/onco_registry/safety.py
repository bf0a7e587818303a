"""Adverse events: treatment-emergent, worst grade per patient and term, related or any."""

from __future__ import annotations

from typing import Any

from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations


def safety_parameters(registry: RegistryDefinition) -> dict[str, Any]:
    """The values that the SELECTs of safety name as $parameter."""
    rules = registry.safety
    return {
        "attributes": rules.attributes,
        "grade": rules.grade,
        "grade_values": rules.grade_values,
        "causality": rules.causality,
        "related_values": rules.related_values,
        "seriousness": rules.seriousness,
        "serious_values": rules.serious_values,
        "window_days": rules.window_days,
        "extended_window_days": rules.extended_window_days,
        "extended_terms": rules.extended_terms,
        "terms": rules.terms,
        "ae_groups": list(rules.groups),
    }


def collect_adverse_events(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `adverse_event_record`, `adverse_event`, `adverse_event_group`, `ae_table`."""
    relations.declare(
        "event_field",
        {"cdm_table": "VARCHAR", "field_concept_id": "INTEGER"},
        list(registry.safety.event_fields.items()),
    )
    for name in ("adverse_event_record", "adverse_event", "adverse_event_group", "ae_table"):
        relations.create(name)
