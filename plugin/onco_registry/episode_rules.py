"""A registry's definition compiled into the rows by which the ETL derives episodes."""

from __future__ import annotations

from collections.abc import Iterator

from onco_etl.episodes import EpisodeRules, RuleConcept
from onco_registry.concept_definition import coded
from onco_registry.registry_model import ConceptSet, RegistryDefinition


def episode_rules(registry: RegistryDefinition) -> EpisodeRules:
    """The rules of lines of therapy, of the combination as a regimen, and, if declared, of the disease's episodes."""
    components = registry.exposure.components
    return EpisodeRules(
        registry=registry.name,
        regimen=registry.cohort.label,
        regimen_concept_id=registry.episodes.regimen_concept_id if registry.episodes else 0,
        components=len(components),
        combination_days=registry.exposure.maximum_days_between_starts,
        new_agent_days=registry.lines.new_agent_days,
        gap_days=registry.lines.gap_days,
        sources=tuple(source for sources in registry.exposure.sources.values() for source in sources),
        concepts=(*_therapy(registry), *_disease(registry)),
    )


def _therapy(registry: RegistryDefinition) -> Iterator[RuleConcept]:
    """Components count as one agent each, other drugs by the group they stand in; without rules of lines, nothing."""
    sets, other = registry.concept_sets, registry.lines.other_therapy
    if other is None:
        return
    for component in registry.exposure.components:
        yield from _concepts("therapy", sets[component.concept_set], agent=component.name, is_component=True)
    yield from _concepts("therapy", sets[other])


def _disease(registry: RegistryDefinition) -> Iterator[RuleConcept]:
    if registry.episodes is None:
        return
    named = {
        "disease": registry.episodes.disease,
        "metastatic": registry.episodes.metastatic,
        "negative": registry.cohort.negative_values,
        "response": registry.response.overall_response,
        "answer": registry.response.response_values,
    }
    for role, name in named.items():
        if name:
            yield from _concepts(role, registry.concept_sets[name])


def _concepts(
    role: str, concepts: ConceptSet, *, agent: str | None = None, is_component: bool = False
) -> Iterator[RuleConcept]:
    for label, references in concepts.groups.items():
        for reference in references:
            vocabulary, code = coded(reference)
            yield RuleConcept(
                role=role,
                label=label,
                concept_id=reference.concept_id,
                vocabulary_id=vocabulary,
                concept_code=code,
                descendants=concepts.descendants,
                agent=(agent or label) if role == "therapy" else None,
                is_component=is_component,
            )
