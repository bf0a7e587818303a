"""The concept_sets section of a registry definition."""

from __future__ import annotations

from collections.abc import Mapping

from onco_registry.registry_model import ConceptReference, ConceptSet
from onco_registry.yaml_value import YamlValue


def read_concept_sets(value: YamlValue) -> Mapping[str, ConceptSet]:
    """Name -> concept set; a concept that stands in two groups of one set is refused."""
    return {name: _concept_set(name, item) for name, item in value.mapping().items()}


def read_reference(value: YamlValue) -> ConceptReference:
    """A concept by its id, by a custom code, or by a vocabulary and a code."""
    keys = value.keys(optional=("id", "custom", "vocabulary", "code"))
    if set(keys) == {"vocabulary", "code"}:
        return ConceptReference(vocabulary=keys["vocabulary"].text(), code=keys["code"].text())
    if len(keys) != 1 or "code" in keys or "vocabulary" in keys:
        value.refuse("expected either 'id' or 'custom', or 'vocabulary' with 'code'")
    if "id" in keys:
        return ConceptReference(concept_id=keys["id"].integer(minimum=1))
    return ConceptReference(custom=keys["custom"].text())


def coded(reference: ConceptReference) -> tuple[str | None, str | None]:
    """The vocabulary and the code by which a concept is named, if it is not by its id."""
    return ("ONCO", reference.custom) if reference.custom else (reference.vocabulary, reference.code)


def _concept_set(name: str, value: YamlValue) -> ConceptSet:
    keys = value.keys(optional=("label", "concepts", "groups", "descendants"))
    descendants = keys["descendants"].flag() if "descendants" in keys else False
    if ("concepts" in keys) == ("groups" in keys):
        value.refuse("expected either 'concepts' or 'groups'")
    if "groups" in keys:
        groups = dict(value.keys(("groups",), ("descendants",))["groups"].mapping())
    else:
        groups = {value.keys(("label", "concepts"), ("descendants",))["label"].text(): keys["concepts"]}
    seen: set[ConceptReference] = set()
    return ConceptSet(
        name,
        {label: tuple(_reference(item, seen) for item in group.items()) for label, group in groups.items()},
        descendants,
    )


def _reference(value: YamlValue, seen: set[ConceptReference]) -> ConceptReference:
    reference = read_reference(value)
    if reference in seen:
        value.refuse("already in this concept set")
    seen.add(reference)
    return reference
