"""Tumour response: recorded overall responses and sums of diameters -> best overall response (RECIST 1.1)."""

from __future__ import annotations

from typing import Any

from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations


def response_parameters(registry: RegistryDefinition) -> dict[str, Any]:
    """The values that the SELECTs of response name as $parameter."""
    rules = registry.response
    return {
        "overall_response": rules.overall_response,
        "response_values": rules.response_values,
        "target_sum": rules.target_sum,
        "baseline_days": rules.baseline_days,
        "stable_disease_days": rules.stable_disease_days,
    }


def assess_response(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `target_sum`, `assessment`, `best_by_source`, `best_response` for the members of the cohort."""
    rules = registry.response
    relations.declare(
        "response_source",
        {"source": "VARCHAR", "source_rank": "INTEGER"},
        [(source, rank) for rank, source in enumerate(rules.sources, start=1)],
    )
    relations.declare(
        "length_unit",
        {"unit_concept_id": "INTEGER", "millimetres": "INTEGER"},
        list(rules.units.items()),
    )
    for name in ("target_sum", "assessment", "assessed_until", "best_by_source", "best_change", "best_response"):
        relations.create(name)
