"""What a registry's definition says of its design: facts for the reporting checklist, each a name with statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from onco_etl.runs import STARTER_MAPS
from onco_registry.baseline_model import BaselineItem
from onco_registry.bulletin.statement import Statement, say
from onco_registry.constants import constant
from onco_registry.protocol_outcomes import outcome_facts
from onco_registry.recompute import libraries
from onco_registry.registry_model import Exposure, RegistryDefinition, Stratum

Facts = Mapping[str, list[Statement]]
# Criteria that ask how many lines of therapy came before.
_BY_LINES = ("prior_lines", "maximum_prior_lines")


def protocol(registry: RegistryDefinition, vocabulary_release: str | None) -> Facts:
    """The facts by name; one of which the registry declares nothing is empty. `vocabulary_release`: of the run."""
    return {
        "definition": [say("definition", name=registry.name, version=registry.version, digest=registry.digest)],
        "vocabulary": [_vocabulary(vocabulary_release)],
        "software": [say("software", version=version("onco-registry"), libraries=libraries())],
        "index": _index(registry),
        "exposure": _exposure(registry.exposure),
        "washout": _washout(registry),
        "lines": _lines(registry),
        "baseline": _known_at_index(registry.baseline),
        "strata": _known_at_index([stratum for stratum in registry.strata if not _in_baseline(stratum, registry)]),
        "comparators": _comparators(registry),
        **outcome_facts(registry),
    }


def _vocabulary(release: str | None) -> Statement:
    return say("starter_vocabulary") if release in (None, STARTER_MAPS) else say("vocabulary", release=release)


def _index(registry: RegistryDefinition) -> list[Statement]:
    labels = [component.label for component in registry.exposure.components]
    days = registry.exposure.maximum_days_between_starts
    if not labels:
        found = [say("index_disease")]
    elif len(labels) == 1:
        found = [say("index_first", components=labels)]
    else:
        found = [say("index_later", components=labels, days=days)]
    if registry.cohort.landmark_days is not None:
        found.append(say("index_landmark", days=registry.cohort.landmark_days))
    return found


def _exposure(exposure: Exposure) -> list[Statement]:
    if not exposure.components:
        return []
    covered = [
        say("component", label=component.label, cycle=component.cycle_days, persistence=component.persistence_days)
        for component in exposure.components
    ]
    records = say("exposure_records", records=list(exposure.sources))
    prescribed = any(constant("type_ehr_prescription") in concepts for concepts in exposure.sources.values())
    return [*covered, records, say("prescriptions" if prescribed else "no_prescriptions")]


def _washout(registry: RegistryDefinition) -> list[Statement]:
    declared = [criterion for criterion in registry.cohort.criteria if criterion.kind == "washout"]
    found = [say("washout", label=criterion.label, days=criterion.numbers["days"]) for criterion in declared]
    lines = [criterion.label for criterion in registry.cohort.criteria if criterion.kind in _BY_LINES]
    return found or [say("no_washout_but_lines", labels=lines) if lines else say("no_washout")]


def _lines(registry: RegistryDefinition) -> list[Statement]:
    lines = registry.lines
    return [say("lines", agent=lines.new_agent_days, gap=lines.gap_days)] if lines.other_therapy else []


def _in_baseline(stratum: Stratum, registry: RegistryDefinition) -> bool:
    """Whether the baseline table has the variable: by its name, or from the same records in the same time."""
    return any(
        (item.kind == "stratum" and item.argument == stratum.name)
        or (item.kind == "age" and stratum.kind == "age")
        or (item.argument == stratum.argument is not None and item.within_days == stratum.within_days)
        for item in registry.baseline
    )


def _known_at_index(variables: Sequence[BaselineItem | Stratum]) -> list[Statement]:
    """Those known whenever they were recorded, together; each of the others with its window."""
    ever = [variable.label for variable in variables if variable.within_days is None]
    windowed = [variable for variable in variables if variable.within_days is not None]
    found = [say("within", label=variable.label, days=variable.within_days) for variable in windowed]
    return [say("labels", labels=ever), *found] if ever else found


def _comparators(registry: RegistryDefinition) -> list[Statement]:
    declared = registry.comparators
    if declared is None:
        return [say("no_comparator")]
    labels = [registry.endpoints[name].label for name in declared.endpoints]
    arms = [arm.label for arm in declared.arms]
    found = [say("comparators", days=declared.landmark_days, arms=arms, endpoints=labels)]
    if registry.response.sources:
        found.append(say("comparators_baseline", days=registry.response.baseline_days))
    return found
