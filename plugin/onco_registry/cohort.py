"""Who is in the cohort: concepts, exposure, candidate index dates, attrition, strata (SQL in sql/outcomes)."""

from __future__ import annotations

from datetime import date
from typing import Any

from onco_registry.concept_definition import coded
from onco_registry.constants import bound_operators
from onco_registry.registry_model import RECORDED_STRATA, Criterion, RegistryDefinition, Stratum
from onco_registry.relations import Relations, sql_text

# What the CDM has no place for: how exactly a death is dated, and which ends were derived from nothing.
_LINEAGE = {
    "death_precision": {"person_id": "BIGINT", "precision": "VARCHAR"},
    "guessed_end": {"drug_exposure_id": "BIGINT"},
    "open_stay": {"visit_occurrence_id": "BIGINT"},
}


def cohort_parameters(registry: RegistryDefinition, data_cut: date) -> dict[str, Any]:
    """The values that the SELECTs of the cohort name as $parameter."""
    exposure, lines, cohort = registry.exposure, registry.lines, registry.cohort
    asked_before = [item.argument for item in registry.baseline if item.kind == "exposed_before"]
    washed_out = [criterion.argument for criterion in cohort.criteria if criterion.kind == "washout"]
    return {
        "data_cut": data_cut,
        "negative_values": cohort.negative_values,
        "drug_sets": [
            name
            for name in (
                *(component.concept_set for component in exposure.components),
                lines.other_therapy,
                *washed_out,
                *asked_before,
            )
            if name
        ],
        "entry_sets": list(cohort.entry),
        "components": len(exposure.components),
        "landmark_days": cohort.landmark_days,
        "index_set": cohort.index_set,
        "length_units": list(registry.response.units),
        "seen_types": [concept for source in exposure.seen_by for concept in exposure.sources[source]],
        "maximum_days_between_starts": exposure.maximum_days_between_starts,
        "other_therapy": lines.other_therapy,
        "new_agent_days": lines.new_agent_days,
        "gap_days": lines.gap_days,
        "relapse_set": lines.relapse,
        "relapse_within_days": lines.relapse_within_days,
        "cohort_name": cohort.name,
        "definition_id": cohort.id,
        "steps": len(cohort.criteria),
    }


def establish_cohort(relations: Relations, registry: RegistryDefinition) -> None:
    """Make relations up to `cohort_member` (person_id, first_start, index_date, ...), `attrition`, `stratum_value`."""
    _declare(relations, registry)
    _know_lineage(relations)
    relations.create("outlived_stay")
    relations.define("contact")
    for name in ("concept_member", "finding", "fact", "exposure_record", "exposure_era", "entrant", "birth"):
        relations.create(name)
    relations.create("person_death")
    relations.create("candidate", sql_text("candidate_recorded") if registry.cohort.index_set else None)
    relations.create("prior_line")
    for step, criterion in enumerate(registry.cohort.criteria, start=1):
        meet(relations, step, criterion)
    for name in ("attrition", "cohort_member", "first_seen", "regimen", "new_therapy"):
        relations.create(name)
    for stratum in registry.strata:
        _find_stratum(relations, stratum)
    relations.create("stratum_value")


def meet(relations: Relations, step: int, criterion: Criterion) -> None:
    """Exclude at this step the candidates that do not meet a criterion."""
    select = sql_text(f"criterion/{criterion.kind}")
    relations.exclude(step, select, argument=criterion.argument, **criterion.numbers)


def _know_lineage(relations: Relations) -> None:
    """Make the relations of which only the lineage of our own workspace has rows."""
    for name, columns in _LINEAGE.items():
        known = f"SELECT {', '.join(columns)} FROM lineage.{name}"
        unknown = f"SELECT {', '.join(f'NULL::{kind} AS {column}' for column, kind in columns.items())} WHERE FALSE"
        relations.create(name, known if relations.has("lineage", name) else unknown)


def _find_stratum(relations: Relations, stratum: Stratum) -> None:
    found = sql_text(f"stratum/{stratum.kind}")
    values = {"argument": stratum.argument, "within_days": stratum.within_days, "missing": stratum.missing}
    select = f"SELECT '{stratum.name}' AS stratum, found.* FROM ({found}) AS found"
    relations.append("stratum_found", select, **values)


def _declare(relations: Relations, registry: RegistryDefinition) -> None:
    """The definition's lists as relations, and the operators of bounds."""
    relations.declare("bound_operator", {"concept_id": "INTEGER", "below": "BOOLEAN"}, list(bound_operators()))
    relations.declare(
        "definition_concept",
        {
            "concept_set": "VARCHAR",
            "group_position": "INTEGER",
            "group_label": "VARCHAR",
            "concept_id": "INTEGER",
            "vocabulary_id": "VARCHAR",
            "concept_code": "VARCHAR",
            "descendants": "BOOLEAN",
        },
        [
            (concepts.name, position, label, reference.concept_id, *coded(reference), concepts.descendants)
            for concepts in registry.concept_sets.values()
            for position, (label, references) in enumerate(concepts.groups.items())
            for reference in references
        ],
    )
    relations.declare(
        "exposure_source",
        {"source": "VARCHAR", "source_rank": "INTEGER", "type_concept_id": "INTEGER"},
        [
            (source, rank, concept)
            for rank, (source, concepts) in enumerate(registry.exposure.sources.items(), start=1)
            for concept in concepts
        ],
    )
    relations.declare(
        "component",
        {
            "component": "VARCHAR",
            "position": "INTEGER",
            "label": "VARCHAR",
            "concept_set": "VARCHAR",
            "cycle_days": "INTEGER",
            "persistence_days": "INTEGER",
        },
        [
            (item.name, position, item.label, item.concept_set, item.cycle_days, item.persistence_days)
            for position, item in enumerate(registry.exposure.components, start=1)
        ],
    )
    relations.declare(
        "criterion",
        {"step": "INTEGER", "name": "VARCHAR", "label": "VARCHAR"},
        [(0, "entered", "Any record of the registry's disease or drugs")]
        + [(step, item.name, item.label) for step, item in enumerate(registry.cohort.criteria, start=1)],
    )
    relations.declare(
        "stratum",
        {"stratum": "VARCHAR", "stratum_position": "INTEGER", "missing": "VARCHAR", "is_recorded": "BOOLEAN"},
        [
            (item.name, position, item.missing, item.kind in RECORDED_STRATA)
            for position, item in enumerate(registry.strata)
        ],
    )
    relations.declare(
        "stratum_bin",
        {"stratum": "VARCHAR", "lowest": "DOUBLE", "label": "VARCHAR"},
        [(item.name, lowest, label) for item in registry.strata for lowest, label in item.bins.items()],
    )
    relations.declare(
        "stratum_found", {"stratum": "VARCHAR", "person_id": "BIGINT", "number": "DOUBLE", "label": "VARCHAR"}, []
    )
