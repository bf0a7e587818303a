"""The response section of a registry definition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from onco_registry import registry_model as model
from onco_registry.yaml_value import YamlValue

Sets = Mapping[str, model.ConceptSet]

_WINDOWS = ("stable_disease_days", "confirmation_days", "confirmation_gaps", "clinical_benefit_days")
# What sums and lesions are measured by, and compared with.
_MEASURED = ("target_sum", "units_in_mm", "baseline_days")
_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "non_target": model.NON_TARGET_RESPONSES,
    "new_lesion": model.ANSWERS,
    "clinician": model.RESPONSES,
}
_LENGTHS = ("identity", "longest_diameter", "short_axis")
_IMMUNE = ("growth_mm", "shrinkage_mm", "confirm_from_days", "confirm_until_days")


def read_response(value: YamlValue, sets: Sets) -> model.ResponseRules:
    """The rules of response; a group of answers that the rules do not know is refused with its set's name."""
    keys = value.keys(
        ("sources", "overall_response", "response_values", *_WINDOWS),
        (*_QUESTIONS, *_MEASURED, "lesions", "local_therapy", "other_minimums", "other_baseline_days", "immune"),
    )
    windows: dict[str, Any] = {name: keys[name].integer() for name in _WINDOWS}
    rules = model.ResponseRules(
        sources=tuple(item.choice(model.RESPONSE_SOURCES, "response source") for item in keys["sources"].items()),
        overall_response=keys["overall_response"].choice(sets, "concept set"),
        response_values=_answers(keys["response_values"], sets, model.RESPONSES),
        **windows,
        **_measured(keys, sets, sources=keys["sources"]),
        **_optional(keys, sets),
    )
    for source, declared in (("lesions", rules.lesions), ("clinician", rules.clinician)):
        if source in rules.sources and declared is None:
            keys["sources"].refuse(f"source {source!r} needs the key {source!r}")
    if rules.immune and not set(rules.sources) & set(model.IMMUNE_SOURCES):
        keys["immune"].refuse(f"needs one of the sources {', '.join(model.IMMUNE_SOURCES)}: others tell no growth")
    return rules


def _measured(keys: Mapping[str, YamlValue], sets: Sets, sources: YamlValue) -> dict[str, Any]:
    """What diameters need: all of it or, where no source measures any, none."""
    missing = [name for name in _MEASURED if name not in keys]
    measures = {"sums", "lesions"} & {item.text() for item in sources.items()}
    if missing and (measures or len(missing) < len(_MEASURED)):
        sources.refuse(f"key {missing[0]!r} is missing beside it")
    if missing:
        return {}
    return {
        "target_sum": keys["target_sum"].choice(sets, "concept set"),
        "units": _units(keys["units_in_mm"]),
        "baseline_days": keys["baseline_days"].integer(),
    }


def _optional(keys: Mapping[str, YamlValue], sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: _question(keys[name], sets, groups) for name, groups in _QUESTIONS.items() if name in keys
    }
    if "lesions" in keys:
        found["lesions"] = _lesions(keys["lesions"], sets)
    if "local_therapy" in keys:
        found["local_therapy"] = keys["local_therapy"].choice(sets, "concept set")
    if "other_minimums" in keys:
        found["other_minimums"] = tuple(days.integer() for days in keys["other_minimums"].items())
    if "other_baseline_days" in keys:
        found["other_baseline_days"] = keys["other_baseline_days"].integer()
    if "immune" in keys:
        found["immune"] = _immune(keys["immune"])
    return found


def _lesions(value: YamlValue, sets: Sets) -> model.LesionRules:
    keys = value.keys((*_LENGTHS, "event_field", "role", "state", "assessment_days", "maximum_targets"))
    return model.LesionRules(
        **{name: keys[name].choice(sets, "concept set") for name in _LENGTHS},
        event_field=keys["event_field"].integer(minimum=1),
        role=_question(keys["role"], sets, model.LESION_ROLES),
        state=_question(keys["state"], sets, model.LESION_STATES),
        assessment_days=keys["assessment_days"].integer(),
        maximum_targets=keys["maximum_targets"].integer(minimum=1),
    )


def _immune(value: YamlValue) -> model.ImmuneRules:
    keys = value.keys((*_IMMUNE, "late_growth"))
    numbers = {name: keys[name].integer(minimum=1) for name in _IMMUNE}
    if numbers["confirm_until_days"] < numbers["confirm_from_days"]:
        keys["confirm_until_days"].refuse("ends before confirm_from_days")
    return model.ImmuneRules(**numbers, late_growth=keys["late_growth"].choice(model.LATE_GROWTH, "rule"))


def _question(value: YamlValue, sets: Sets, groups: Collection[str]) -> model.Question:
    keys = value.keys(("question", "answers"))
    return model.Question(
        question=keys["question"].choice(sets, "concept set"),
        answers=_answers(keys["answers"], sets, groups),
    )


def _answers(value: YamlValue, sets: Sets, groups: Collection[str]) -> str:
    """The name of a concept set whose groups are called as the rules know them."""
    name = value.choice(sets, "concept set")
    for label in sets[name].groups:
        if label not in groups:
            value.refuse(f"concept set {name!r} has a group {label!r}; known: {', '.join(groups)}")
    return name


def _units(value: YamlValue) -> dict[int, int]:
    units = {}
    for unit, factor in value.mapping().items():
        if not unit.isdigit():
            factor.refuse("expected an OMOP unit concept id as key")
        units[int(unit)] = factor.integer(minimum=1)
    return units
