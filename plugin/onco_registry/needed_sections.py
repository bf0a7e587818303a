"""Which sections of a registry definition need another: an endpoint of response the response, lines the drugs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from onco_registry import registry_model as model
from onco_registry.baseline_model import BaselineItem
from onco_registry.yaml_value import YamlValue

# Section, or part of one -> kinds of criteria, strata, events and censorings that are made of it.
_OF: Mapping[str, tuple[str, ...]] = {
    "exposure.components": ("stopped", "earlier_exposure"),
    "lines": ("prior_lines", "maximum_prior_lines", "line_number", "new_therapy"),
    "response": ("measurable_disease", "response", "last_response"),
}
_SECTIONS = {
    "lines": "exposure",
    "safety": "exposure.components",
    "comparators": "exposure.components",
    "added_later": "exposure.components",
    "growth_modulation": "lines",
}
_PLACES = {model.Criterion: "cohort", model.Stratum: "strata", BaselineItem: "baseline"}


def check_needs(
    keys: Mapping[str, YamlValue],
    named: Collection[model.Criterion | model.Stratum | BaselineItem],
    endpoints: Mapping[str, model.Endpoint],
    declared: model.Endpoints,
) -> None:
    """`keys` are the sections there are; raises ConfigurationError for what is declared without what it is made of."""
    for section, needed in _SECTIONS.items():
        if section in keys and not _there(needed, keys):
            keys[section].refuse(f"needs section {needed!r}")
    for section in (name for name in _OF if not _there(name, keys)):
        for item in named:
            if item.kind in _OF[section]:
                keys[_PLACES[type(item)]].refuse(f"{item.name!r} needs section {section!r}")
        for place in keys["endpoints"].items():
            if _made_of(section, endpoints[place.text()], declared):
                place.refuse(f"endpoint {place.text()!r} needs section {section!r}")


def check_landmark(keys: Mapping[str, YamlValue], cohort: model.Cohort, endpoints: model.Endpoints) -> None:
    """Refuse endpoints of stopping in a cohort whose index is a landmark by which members may have stopped."""
    taking = "concurrent_at_index" in (criterion.kind for criterion in cohort.criteria)
    for place in keys["endpoints"].items() if cohort.landmark_days is not None and not taking else ():
        name = place.text()
        if any(endpoints.events[event].kind == "stopped" for event in endpoints.endpoints[name].events):
            place.refuse(
                f"endpoint {name!r} needs a criterion of kind 'concurrent_at_index': "
                "who stopped before a landmark cannot stop after it"
            )


def _there(section: str, keys: Mapping[str, YamlValue]) -> bool:
    name, _, part = section.partition(".")
    return name in keys and (not part or part in keys[name].mapping())


def _made_of(section: str, endpoint: model.Endpoint, declared: model.Endpoints) -> bool:
    rules = {**declared.events, **declared.censorings}
    names = (*endpoint.events, *endpoint.censorings, *([endpoint.stopped_by] if endpoint.stopped_by else []))
    of_responders = endpoint.responders or endpoint.start == "first_response"
    return any(rules[name].kind in _OF[section] for name in names) or (section == "response" and of_responders)
