"""The sections of a registry definition that say who is in the cohort: exposure, lines, cohort, strata."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from onco_registry import registry_model as model
from onco_registry.yaml_value import YamlValue

# The key that carries the argument of a criterion, by kind.
_CRITERION_ARGUMENT = {
    "exposed": "component",
    "recorded_by_index": "concept_set",
    "minimum_age": "years",
    "prior_lines": "lines",
}
_STRATUM_KEYS: Mapping[str, tuple[str, ...]] = {
    "concept_group": ("concept_set",),
    "component_agent": ("component",),
    "age": ("bins",),
    "measurement": ("concept_set", "within_days", "bins"),
    "line_number": ("bins",),
    "earlier_exposure": (),
}


def read_exposure(value: YamlValue, sets: Collection[str]) -> model.Exposure:
    """Exposure sources in order and the components of the combination."""
    keys = value.keys(("sources", "maximum_days_between_starts", "components"))
    return model.Exposure(
        components=tuple(_component(name, item, sets) for name, item in keys["components"].mapping().items()),
        maximum_days_between_starts=keys["maximum_days_between_starts"].integer(),
        sources={
            name: tuple(concept.integer(minimum=1) for concept in item.items())
            for name, item in keys["sources"].mapping().items()
        },
    )


def _component(name: str, value: YamlValue, sets: Collection[str]) -> model.Component:
    keys = value.keys(("label", "concept_set", "cycle_days", "persistence_days"))
    return model.Component(
        name,
        keys["label"].text(),
        keys["concept_set"].choice(sets, "concept set"),
        keys["cycle_days"].integer(minimum=1),
        keys["persistence_days"].integer(),
    )


def read_lines(value: YamlValue, sets: Collection[str]) -> model.Lines:
    """The rules of therapy lines."""
    keys = value.keys(("other_therapy", "new_agent_days", "gap_days", "relapse", "relapse_within_days"))
    return model.Lines(
        other_therapy=keys["other_therapy"].choice(sets, "concept set"),
        new_agent_days=keys["new_agent_days"].integer(),
        gap_days=keys["gap_days"].integer(minimum=1),
        relapse=keys["relapse"].choice(sets, "concept set"),
        relapse_within_days=keys["relapse_within_days"].integer(),
    )


def read_cohort(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> model.Cohort:
    """The cohort; criteria in an order that never looks at an index date before it is established."""
    keys = value.keys(("id", "name", "label", "population", "entry", "criteria"), ("negative_values",))
    negative = keys["negative_values"].choice(sets, "concept set") if "negative_values" in keys else None
    criteria: list[model.Criterion] = []
    rank = 0
    for item in keys["criteria"].items():
        criterion = _criterion(item, sets, exposure)
        rank = _check_order(item, criterion, rank)
        if criterion.name in (earlier.name for earlier in criteria):
            item.refuse(f"criterion {criterion.name!r} given twice")
        criteria.append(criterion)
    required = {component.name for component in exposure.components}
    required -= {str(criterion.argument) for criterion in criteria if criterion.kind == "exposed"}
    if required:
        keys["criteria"].refuse(f"no criterion of kind 'exposed' for component {min(required)!r}")
    if len(exposure.components) > 1:
        for kind in model.INDEX_CRITERIA:
            if kind not in (criterion.kind for criterion in criteria):
                keys["criteria"].refuse(f"a combination needs a criterion of kind {kind!r}")
    return model.Cohort(
        id=keys["id"].integer(minimum=1),
        name=keys["name"].text(),
        label=keys["label"].text(),
        population=keys["population"].text(),
        entry=tuple(item.choice(sets, "concept set") for item in keys["entry"].items()),
        criteria=tuple(criteria),
        negative_values=negative,
    )


def _criterion(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> model.Criterion:
    optional = tuple(_CRITERION_ARGUMENT.values())
    kind = value.keys(("name", "kind", "label"), optional)["kind"].choice(model.CRITERIA, "kind")
    needed = _CRITERION_ARGUMENT.get(kind)
    keys = value.keys(("name", "kind", "label", needed) if needed else ("name", "kind", "label"))
    argument: str | int | None = None
    if needed == "component":
        argument = _component_name(keys[needed], exposure)
    elif needed == "concept_set":
        argument = keys[needed].choice(sets, "concept set")
    elif needed:
        argument = keys[needed].integer()
    return model.Criterion(keys["name"].text(), kind, keys["label"].text(), argument)


def _check_order(value: YamlValue, criterion: model.Criterion, rank: int) -> int:
    groups = (model.PERSON_CRITERIA, model.INDEX_CRITERIA, model.HISTORY_CRITERIA)
    own = next(position for position, kinds in enumerate(groups) if criterion.kind in kinds)
    if own < rank:
        value.refuse(f"kind {criterion.kind!r} helps to establish the index date and must stand earlier")
    return own


def read_strata(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> tuple[model.Stratum, ...]:
    """The variables known at index, in the order of the file."""
    return tuple(_stratum(name, item, sets, exposure) for name, item in value.mapping().items())


def _stratum(name: str, value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> model.Stratum:
    common = ("kind", "label", "missing")
    optional = ("concept_set", "component", "within_days", "bins")
    kind = value.keys(common, optional)["kind"].choice(model.STRATUM_KINDS, "kind")
    keys = value.keys((*common, *_STRATUM_KEYS[kind]))
    argument = None
    if "concept_set" in keys:
        argument = keys["concept_set"].choice(sets, "concept set")
    elif "component" in keys:
        argument = _component_name(keys["component"], exposure)
    return model.Stratum(
        name,
        kind,
        keys["label"].text(),
        keys["missing"].text(),
        argument,
        keys["within_days"].integer() if "within_days" in keys else None,
        _bins(keys["bins"]) if "bins" in keys else {},
    )


def _component_name(value: YamlValue, exposure: model.Exposure) -> str:
    return value.choice([component.name for component in exposure.components], "component")


def _bins(value: YamlValue) -> Mapping[int, str]:
    bins = {}
    for lowest, label in value.mapping().items():
        if not lowest.isdigit():
            label.refuse("expected the lowest whole number of the bin as key")
        bins[int(lowest)] = label.text()
    return bins
