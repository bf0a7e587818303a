"""The sections `baseline` and `imaging` of a registry definition."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from onco_registry import registry_model as model
from onco_registry.baseline_model import BASELINE_KINDS, DERIVED_KINDS, EXPOSED, MISSING, BaselineItem, Imaging
from onco_registry.units import unit_concepts
from onco_registry.yaml_value import YamlValue

Sets = Mapping[str, model.ConceptSet]

_COMMON = ("name", "kind", "label")
# Keys of an item besides the common ones, by kind: needed, and optional.
_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "age": ((), ("bins",)),
    "sex": (("concept_set",), ()),
    "stratum": (("stratum",), ()),
    "category": (("concept_set",), ("within_days",)),
    "categories": (("concept_set",), ("within_days",)),
    "number_of_categories": (("concept_set",), ("within_days", "bins")),
    "answer": (("question", "answers"), ("within_days",)),
    "interval": (("from", "to"), ("bins",)),
    "exposed_before": (("concept_set",), ()),
    "prior_lines": ((), ("bins",)),
    "measurement": (("concept_set", "within_days"), ("unit", "bins")),
    "ordinal": (("concept_set", "within_days", "bins"), ()),
}
# The keys that name concept sets: the first of an item, and the second.
_FIRST, _SECOND = ("concept_set", "question", "from"), ("answers", "to")
_UNITS = {"age": "years", "interval": "days"}


def read_baseline(
    value: YamlValue, sets: Sets, strata: Sequence[model.Stratum], exposure: model.Exposure
) -> tuple[BaselineItem, ...]:
    """The variables of the baseline table in the order of the file. Raises ConfigurationError."""
    items: list[BaselineItem] = []
    for entry in value.items():
        item = _item(entry, sets, strata, exposure)
        if item.name in (earlier.name for earlier in items):
            entry.refuse(f"variable {item.name!r} given twice")
        if MISSING in item.levels:
            entry.refuse(f"a level may not be called {MISSING!r}: that is who has no value")
        items.append(item)
    return tuple(items)


def read_imaging(value: YamlValue, endpoints: Iterable[model.Endpoint]) -> Imaging:
    """The schedule; the longest gap that endpoints allow before an event is two intervals and the tolerance of it."""
    keys = value.keys(("interval_days", "tolerance_days"))
    found = Imaging(keys["interval_days"].integer(minimum=1), keys["tolerance_days"].integer())
    missed = 2 * found.interval_days + found.tolerance_days
    for endpoint in endpoints:
        if endpoint.maximum_gap_days not in (None, missed):
            value.refuse(
                f"two intervals and the tolerance are {missed} days, but endpoint {endpoint.name!r} has"
                f" maximum_gap_days {endpoint.maximum_gap_days}"
            )
    return found


def _item(value: YamlValue, sets: Sets, strata: Sequence[model.Stratum], exposure: model.Exposure) -> BaselineItem:
    every = tuple(dict.fromkeys(key for parts in _KEYS.values() for part in parts for key in part))
    kind = value.keys(_COMMON, every)["kind"].choice(BASELINE_KINDS, "kind")
    needed, optional = _KEYS[kind]
    keys = value.keys((*_COMMON, *needed), optional)
    return BaselineItem(
        name=keys["name"].text(),
        kind=kind,
        label=keys["label"].text(),
        within_days=keys["within_days"].integer() if "within_days" in keys else None,
        **_unit(kind, keys),
        **_asked(kind, keys, sets, strata, exposure),
    )


def _unit(kind: str, keys: Mapping[str, YamlValue]) -> dict[str, Any]:
    if "unit" not in keys:
        return {"unit": _UNITS.get(kind)}
    unit = keys["unit"].choice(unit_concepts(), "unit")
    return {"unit": unit, "unit_concept_id": unit_concepts()[unit]}


def _asked(
    kind: str, keys: Mapping[str, YamlValue], sets: Sets, strata: Sequence[model.Stratum], exposure: model.Exposure
) -> dict[str, Any]:
    """What an item asks for, and its levels."""
    if kind == "stratum":
        return _of_stratum(keys["stratum"], sets, strata, exposure)
    first = _named(keys, _FIRST, sets)
    second = _named(keys, _SECOND, sets)
    found: dict[str, Any] = {"argument": first, "second": second, "recorded": kind not in DERIVED_KINDS}
    if "bins" in keys:
        return {**found, "levels": _bins(keys["bins"])}
    if kind == "exposed_before":
        return {**found, "levels": dict.fromkeys(EXPOSED)}
    groups = second if kind == "answer" else first
    if kind in ("sex", "category", "categories", "answer") and groups is not None:
        return {**found, "levels": dict.fromkeys(sets[groups].groups)}
    return found


def _named(keys: Mapping[str, YamlValue], names: Collection[str], sets: Sets) -> str | None:
    """The concept set that one of the keys names."""
    return next((keys[name].choice(sets, "concept set") for name in names if name in keys), None)


def _of_stratum(
    value: YamlValue, sets: Sets, strata: Sequence[model.Stratum], exposure: model.Exposure
) -> dict[str, Any]:
    """A stratum's bins, or the groups of its concept set in their order; of the latter those that somebody is in."""
    by_name = {stratum.name: stratum for stratum in strata}
    stratum = by_name[value.choice(by_name, "stratum")]
    recorded = stratum.kind in model.RECORDED_STRATA
    concept_sets = {component.name: component.concept_set for component in exposure.components}
    groups: Collection[str] = stratum.bins.values()
    if stratum.argument and not stratum.bins:
        groups = sets[concept_sets.get(stratum.argument, stratum.argument)].groups
    return {
        "argument": stratum.name,
        "levels": dict.fromkeys(groups),
        "shows_empty": bool(stratum.bins),
        "recorded": recorded,
    }


def _bins(value: YamlValue) -> Mapping[str, int]:
    """Label -> lowest number, from low to high."""
    bins = {}
    for lowest, label in value.mapping().items():
        if not lowest.isdigit():
            label.refuse("expected the lowest whole number of the bin as key")
        if label.text() in bins:
            label.refuse("the label of another bin")
        bins[label.text()] = int(lowest)
    return dict(sorted(bins.items(), key=lambda item: item[1]))
