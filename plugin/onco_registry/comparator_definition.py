"""The sections of a registry definition on others than its cohort: arms from a landmark, and who added a drug later."""

from __future__ import annotations

from collections.abc import Mapping

from onco_registry import registry_model as model
from onco_registry.comparator_model import COMBINATION, AddedLater, Arm, Comparators
from onco_registry.criterion_definition import landmark
from onco_registry.endpoint_definition import choices
from onco_registry.yaml_value import YamlValue


def read_comparators(
    value: YamlValue, cohort: model.Cohort, exposure: model.Exposure, endpoints: Mapping[str, model.Endpoint]
) -> Comparators:
    """The landmark, at least two arms (the combination, a component alone), and the endpoints compared."""
    keys = value.keys(("landmark_days", "endpoints", "arms"))
    names = (COMBINATION, *(component.name for component in exposure.components))
    taken = {cohort.id}
    arms = []
    for name, item in keys["arms"].mapping().items():
        if name not in names:
            item.refuse(f"unknown arm {name!r}; known: {', '.join(names)}")
        arms.append(_arm(name, item, taken))
    if len(arms) < 2:
        keys["arms"].refuse("a comparison needs at least two arms")
    for item in keys["endpoints"].items():
        _check_endpoint(item, endpoints)
    return Comparators(
        landmark_days=landmark(keys["landmark_days"], exposure),
        endpoints=choices(keys["endpoints"], endpoints, "endpoint"),
        arms=tuple(arms),
    )


def read_added_later(
    value: YamlValue,
    cohort: model.Cohort,
    comparators: Comparators | None,
    endpoints: Mapping[str, model.Endpoint],
) -> AddedLater:
    """Who they are called and which endpoints are followed; refused where the cohort does not exclude them."""
    keys = value.keys(("id", "name", "label", "population", "endpoints"))
    if "not_added_later" not in (criterion.kind for criterion in cohort.criteria) or cohort.landmark_days is not None:
        value.refuse("needs a cohort with a criterion of kind 'not_added_later' and the index date at the start")
    number = keys["id"].integer(minimum=1)
    if number in (cohort.id, *(arm.id for arm in (comparators.arms if comparators else ()))):
        keys["id"].refuse(f"cohort id {number} is given to another cohort of this registry")
    name = keys["name"].text()
    if name == cohort.name:
        keys["name"].refuse("is the name of the registry's cohort")
    followed = choices(keys["endpoints"], endpoints, "endpoint")
    return AddedLater(number, name, keys["label"].text(), keys["population"].text(), followed)


def _arm(name: str, value: YamlValue, taken: set[int]) -> Arm:
    keys = value.keys(("id", "label", "population"))
    number = keys["id"].integer(minimum=1)
    if number in taken:
        keys["id"].refuse(f"cohort id {number} is given to another cohort of this registry")
    taken.add(number)
    return Arm(name, number, keys["label"].text(), keys["population"].text())


def _check_endpoint(value: YamlValue, endpoints: Mapping[str, model.Endpoint]) -> None:
    """Only what everyone has can start at a landmark."""
    endpoint = endpoints[value.choice(endpoints, "endpoint")]
    if endpoint.start != "index" or endpoint.responders:
        value.refuse(f"endpoint {endpoint.name!r} is of responders alone and cannot start at a landmark")
