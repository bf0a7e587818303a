"""The sections of a registry definition that say what therapy is and who is told apart: exposure, lines, strata."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from onco_registry import registry_model as model
from onco_registry.endpoint_definition import choices
from onco_registry.yaml_value import YamlValue

_STRATUM_KEYS: Mapping[str, tuple[str, ...]] = {
    "concept_group": ("concept_set",),
    "component_agent": ("component",),
    "age": ("bins",),
    "measurement": ("concept_set", "within_days", "bins"),
    "line_number": ("bins",),
    "earlier_exposure": (),
}


def read_exposure(value: YamlValue, sets: Collection[str]) -> model.Exposure:
    """Exposure sources in order and what is taken: a drug or class, the components of a combination, or no matter."""
    keys = value.keys(("sources",), ("components", "maximum_days_between_starts", "seen_by"))
    named = keys["components"].mapping() if "components" in keys else {}
    components = tuple(_component(name, item, sets) for name, item in named.items())
    if (len(components) > 1) != ("maximum_days_between_starts" in keys):
        value.refuse(
            "key 'maximum_days_between_starts' is for combinations of two components or more, and needed there"
        )
    return model.Exposure(
        components=components,
        maximum_days_between_starts=keys["maximum_days_between_starts"].integer() if len(components) > 1 else 0,
        sources={
            name: tuple(concept.integer(minimum=1) for concept in item.items())
            for name, item in keys["sources"].mapping().items()
        },
        seen_by=choices(keys["seen_by"], keys["sources"].mapping(), "source") if "seen_by" in keys else (),
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
    """The rules of therapy lines; both keys of relapse or neither."""
    relapse = ("relapse", "relapse_within_days")
    keys = value.keys(("other_therapy", "new_agent_days", "gap_days"), relapse)
    if len(set(relapse) & set(keys)) == 1:
        value.refuse(f"needs both of {' and '.join(map(repr, relapse))} or neither")
    return model.Lines(
        other_therapy=keys["other_therapy"].choice(sets, "concept set"),
        new_agent_days=keys["new_agent_days"].integer(),
        gap_days=keys["gap_days"].integer(minimum=1),
        relapse=keys["relapse"].choice(sets, "concept set") if "relapse" in keys else None,
        relapse_within_days=keys["relapse_within_days"].integer() if "relapse" in keys else 0,
    )


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
        argument = component_name(keys["component"], exposure)
    return model.Stratum(
        name,
        kind,
        keys["label"].text(),
        keys["missing"].text(),
        argument,
        keys["within_days"].integer() if "within_days" in keys else None,
        _bins(keys["bins"]) if "bins" in keys else {},
    )


def component_name(value: YamlValue, exposure: model.Exposure) -> str:
    """The name of a component of the combination."""
    return value.choice([component.name for component in exposure.components], "component")


def _bins(value: YamlValue) -> Mapping[int, str]:
    bins = {}
    for lowest, label in value.mapping().items():
        if not lowest.isdigit():
            label.refuse("expected the lowest whole number of the bin as key")
        bins[int(lowest)] = label.text()
    return bins
