"""The cohort section of a registry definition: who enters, and the ordered criteria of attrition.

A cohort is made of what is known at its index date. A criterion that looks past it is refused: who is in would depend
on time that only survivors live through (immortal time). Where that time is wanted, the index date itself moves there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from onco_registry import registry_model as model
from onco_registry.cohort_definition import component_name
from onco_registry.yaml_value import YamlValue

# The key that carries the argument of a criterion, by kind.
_ARGUMENT = {
    "exposed": "component",
    "recorded_by_index": "concept_set",
    "recorded": "concept_set",
    "not_recorded": "concept_set",
    "measured": "concept_set",
    "washout": "concept_set",
    "sex": "concept_set",
    "minimum_age": "years",
    "maximum_age": "years",
    "prior_lines": "lines",
    "maximum_prior_lines": "lines",
}
# Its further keys, whole numbers, by kind: those needed, and those of which at least one is.
_NUMBERS = {
    "recorded": ("from_days", "to_days"),
    "not_recorded": ("from_days", "to_days"),
    "measured": ("within_days",),
    "washout": ("days",),
}
_LIMITS = {"measured": ("minimum", "maximum")}
# What the index date is: the (latest) start of exposure, a day counted from the first, or the first record of a set.
_INDEX = ("start", "landmark", "recorded")
_EARLIEST = -36_525  # days: no window reaches further back than a hundred years
_COMMON = ("name", "kind", "label")


def read_cohort(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> model.Cohort:
    """The cohort; criteria in an order that never looks at an index date before it is established."""
    optional = ("negative_values", "index", "index_concept_set", "landmark_days")
    keys = value.keys(("id", "name", "label", "population", "entry", "criteria"), optional)
    negative = keys["negative_values"].choice(sets, "concept set") if "negative_values" in keys else None
    criteria = _criteria(keys["criteria"], sets, exposure)
    landmark_days = _landmark_days(keys, exposure)
    index_set = _index_set(keys, sets, exposure, criteria)
    followed = "followed_at_index" in (criterion.kind for criterion in criteria)
    if landmark_days is not None and not followed:
        keys["criteria"].refuse("an index date that is a landmark needs a criterion of kind 'followed_at_index'")
    return model.Cohort(
        id=keys["id"].integer(minimum=1),
        name=keys["name"].text(),
        label=keys["label"].text(),
        population=keys["population"].text(),
        entry=tuple(item.choice(sets, "concept set") for item in keys["entry"].items()),
        criteria=criteria,
        negative_values=negative,
        landmark_days=landmark_days,
        index_set=index_set,
    )


def landmark(value: YamlValue, exposure: model.Exposure) -> int:
    """Days from the first drug to a landmark, by which the combination must have begun."""
    days = value.integer(minimum=1)
    if days < exposure.maximum_days_between_starts:
        value.refuse(
            f"at day {days} it is not known yet who takes the combination: "
            f"maximum_days_between_starts is {exposure.maximum_days_between_starts}"
        )
    return days


def _landmark_days(keys: Mapping[str, YamlValue], exposure: model.Exposure) -> int | None:
    moved = "index" in keys and keys["index"].choice(_INDEX, "index") == "landmark"
    if moved and "landmark_days" not in keys:
        keys["index"].refuse("key 'landmark_days' is missing beside it")
    if not moved and "landmark_days" in keys:
        keys["landmark_days"].refuse("needs 'index: landmark' beside it")
    return landmark(keys["landmark_days"], exposure) if moved else None


def _index_set(
    keys: Mapping[str, YamlValue],
    sets: Collection[str],
    exposure: model.Exposure,
    criteria: Sequence[model.Criterion],
) -> str | None:
    """The set whose first record is the index date: of a registry that follows no drug, and of no other."""
    recorded = "index" in keys and keys["index"].choice(_INDEX, "index") == "recorded"
    if recorded != ("index_concept_set" in keys):
        (keys["index"] if recorded else keys["index_concept_set"]).refuse(
            "'index: recorded' and 'index_concept_set' need each other"
        )
    if recorded and exposure.components:
        keys["index"].refuse("the index date of a registry with 'exposure.components' is a start")
    if not recorded and not exposure.components:
        keys["criteria"].refuse(
            "without 'exposure.components' the cohort needs 'index: recorded' and 'index_concept_set'"
        )
    if not recorded:
        return None
    name = keys["index_concept_set"].choice(sets, "concept set")
    if (criteria[0].kind, criteria[0].argument) != ("recorded_by_index", name):
        keys["criteria"].refuse(f"the first criterion must be of kind 'recorded_by_index' with concept_set {name!r}")
    return name


def _criteria(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> tuple[model.Criterion, ...]:
    criteria: list[model.Criterion] = []
    rank = 0
    for item in value.items():
        criterion = _criterion(item, sets, exposure)
        rank = _check_order(item, criterion, rank)
        if criterion.name in (earlier.name for earlier in criteria):
            item.refuse(f"criterion {criterion.name!r} given twice")
        criteria.append(criterion)
    _check_complete(value, criteria, exposure)
    return tuple(criteria)


def _check_complete(value: YamlValue, criteria: Collection[model.Criterion], exposure: model.Exposure) -> None:
    """Each component is asked for, and a combination's starts are."""
    required = {component.name for component in exposure.components}
    required -= {str(criterion.argument) for criterion in criteria if criterion.kind == "exposed"}
    if required:
        value.refuse(f"no criterion of kind 'exposed' for component {min(required)!r}")
    for kind in model.INDEX_CRITERIA if len(exposure.components) > 1 else ():
        if kind not in (criterion.kind for criterion in criteria):
            value.refuse(f"a combination needs a criterion of kind {kind!r}")


def _criterion(value: YamlValue, sets: Collection[str], exposure: model.Exposure) -> model.Criterion:
    every = (*_ARGUMENT.values(), *(key for keys in (*_NUMBERS.values(), *_LIMITS.values()) for key in keys))
    kind = value.keys(_COMMON, every)["kind"].choice(model.CRITERIA, "kind")
    needed = _ARGUMENT.get(kind)
    numbers, limits = _NUMBERS.get(kind, ()), _LIMITS.get(kind, ())
    keys = value.keys((*_COMMON, *((needed,) if needed else ()), *numbers), limits)
    if limits and not set(limits) & set(keys):
        value.refuse(f"needs at least one of {', '.join(limits)}")
    found = {key: keys[key].integer(minimum=_EARLIEST) if key in keys else None for key in (*numbers, *limits)}
    _check_window(keys, found)
    argument = _argument(keys[needed], needed, sets, exposure) if needed else None
    return model.Criterion(keys["name"].text(), kind, keys["label"].text(), argument, found)


def _argument(value: YamlValue, key: str, sets: Collection[str], exposure: model.Exposure) -> str | int:
    if key == "component":
        return component_name(value, exposure)
    return value.choice(sets, "concept set") if key == "concept_set" else value.integer()


def _check_window(keys: Mapping[str, YamlValue], found: Mapping[str, int | None]) -> None:
    """A window ends by the index date and does not begin after its end; its length is positive."""
    for key in ("days", "within_days"):
        if key in keys:
            keys[key].integer(minimum=0 if key == "within_days" else 1)
    start, end = found.get("from_days"), found.get("to_days")
    if start is None or end is None:
        return
    if end > 0:
        keys["to_days"].refuse(
            f"looks {end} days past the index date, when nothing of that is known yet (immortal time): "
            "end the window at 0, or let the index date be there ('index: landmark' of the cohort)"
        )
    if start > end:
        keys["from_days"].refuse(f"begins after its end, {end}")


def _check_order(value: YamlValue, criterion: model.Criterion, rank: int) -> int:
    groups = (model.PERSON_CRITERIA, model.INDEX_CRITERIA, model.HISTORY_CRITERIA)
    own = next(position for position, kinds in enumerate(groups) if criterion.kind in kinds)
    if own < rank:
        value.refuse(f"kind {criterion.kind!r} helps to establish the index date and must stand earlier")
    return own
