"""Tumour response: recorded responses, sums of diameters and lesions -> best overall response (RECIST 1.1)."""

from __future__ import annotations

from typing import Any

from onco_registry.immune import assess_immune_response, immune_parameters
from onco_registry.registry_model import LesionRules, Question, RegistryDefinition
from onco_registry.relations import Relations

# In this order: from findings to assessments, and from assessments to the best response.
_ASSESSED = (
    "recorded_component", "recorded_sum", "lesion_finding", "baseline_lesion", "lesion_seen", "new_lesion_seen",
    "lesion_assessment", "target_sum", "target_response", "derived_response", "assessment",
)  # fmt: skip
_BEST = (
    "assessed_until", "counted_assessment", "confirmed_response", "best_at_minimum", "best_by_source", "shown_sum",
    "best_change", "best_response",
)  # fmt: skip


def response_parameters(registry: RegistryDefinition) -> dict[str, Any]:
    """The values that the SELECTs of response name as $parameter; what is not declared is NULL and matches nothing."""
    rules = registry.response
    return {
        "overall_response": rules.overall_response,
        "response_values": rules.response_values,
        "target_sum": rules.target_sum,
        "baseline_days": rules.baseline_days,
        "stable_disease_days": rules.stable_disease_days,
        "confirmation_days": rules.confirmation_days,
        "confirmation_gaps": rules.confirmation_gaps,
        "clinical_benefit_days": rules.clinical_benefit_days,
        "local_therapy": rules.local_therapy,
        **_named("non_target_response", "non_target_values", rules.non_target),
        **_named("new_lesion", "new_lesion_values", rules.new_lesion),
        **_lesion_parameters(rules.lesions),
        **immune_parameters(registry),
    }


def assess_response(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `assessment`, `best_at_minimum`, `best_by_source`, `best_response` and what they need, for the cohort.

    Beside them, and changing none of them, what iRECIST makes of the same assessments, where the registry declares it.
    """
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
    asked = {"clinician": rules.clinician}
    if rules.overall_response and rules.response_values:
        asked["recorded"] = Question(rules.overall_response, rules.response_values)
    relations.declare(
        "response_question",
        {"source": "VARCHAR", "question_set": "VARCHAR", "answer_set": "VARCHAR"},
        [(source, item.question, item.answers) for source, item in asked.items() if item],
    )
    relations.declare(
        "stable_minimum",
        {"minimum_days": "INTEGER"},
        [(days,) for days in rules.minimums],
    )
    relations.create("local_therapy")
    for name in (*_ASSESSED, *_BEST):
        relations.create(name)
    assess_immune_response(relations, registry)


def assess_other_baseline(relations: Relations, days: int) -> None:
    """Make the relations of response anew, with baselines of up to `days` before index: a sensitivity analysis."""
    for name in (*_ASSESSED, *_BEST):
        relations.create(name, baseline_days=days)


def _named(question: str, answers: str, item: Question | None) -> dict[str, str | None]:
    return {question: item.question if item else None, answers: item.answers if item else None}


def _lesion_parameters(lesions: LesionRules | None) -> dict[str, Any]:
    return {
        "lesion": lesions.identity if lesions else None,
        "lesion_field": lesions.event_field if lesions else None,
        "longest_diameter": lesions.longest_diameter if lesions else None,
        "short_axis": lesions.short_axis if lesions else None,
        **_named("lesion_role", "lesion_roles", lesions.role if lesions else None),
        **_named("lesion_state", "lesion_states", lesions.state if lesions else None),
        "assessment_days": lesions.assessment_days if lesions else 0,
        "maximum_targets": lesions.maximum_targets if lesions else 0,
    }
