"""FHIR resource types and elements that the mapping reads, as DuckDB column types.

`onco_mappings/fhir/<ResourceType>.yaml` lists elements (element -> its own sub-elements, or nothing for those of
datatypes.yaml); their shape comes from the fhir.resources.R4B models, the one authority on it. Leaves are VARCHAR
(cast in SQL), except decimals (DOUBLE); booleans and contained resources stay JSON.
"""

from __future__ import annotations

import re
import typing
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from onco_etl.errors import ConfigurationError

Selection = dict[str, "Selection | None"]

_DATATYPES = "datatypes.yaml"
_EVERY_RESOURCE = "Resource"
# DuckDB reads "yes" and 1 as BOOLEAN; as JSON, true is told from "true".
_PRIMITIVES = {"Decimal": "DOUBLE", "bool": "JSON"}


@lru_cache
def resource_types() -> tuple[str, ...]:
    """FHIR types that have a YAML file, sorted."""
    names = (entry.name.removesuffix(".yaml") for entry in files("onco_mappings").joinpath("fhir").iterdir())
    return tuple(sorted(name for name in names if name[0].isupper()))


@lru_cache
def known_type(column: str) -> str:
    """SQL of a resource type as received where FHIR has the name; any other may be anything, a person's name too."""
    entries = files("fhir.resources.R4B").iterdir()
    names = sorted(entry.name.removesuffix(".py") for entry in entries if entry.name.endswith(".py"))
    return f"CASE WHEN list_contains({names}, lower({column})) THEN {column} END"


@lru_cache
def table_name(resource_type: str) -> str:
    """Snake case of a resource type: `MedicationStatement` -> `medication_statement`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", resource_type).lower()


@lru_cache
def columns(resource_type: str) -> dict[str, str]:
    """Top-level element -> DuckDB type, always with resourceType, id and meta.

    Raises ConfigurationError naming file and element where a YAML names what FHIR R4 does not have.
    """
    selection = {**(_datatypes()[_EVERY_RESOURCE] or {}), **_read(f"{resource_type}.yaml")}
    types = _elements(resource_type, selection, f"{resource_type}.yaml: {resource_type}")
    return {"resourceType": "VARCHAR", **types}


@lru_cache
def selections() -> dict[str, Selection]:
    """Resource type -> the elements that are read of it, and those of the datatypes, as the YAML files name them."""
    return {"": _datatypes(), **{name: _read(f"{name}.yaml") for name in resource_types()}}


def _datatypes() -> Selection:
    return _read(_DATATYPES)


@lru_cache
def _read(name: str) -> Selection:
    text = files("onco_mappings").joinpath("fhir", name).read_text(encoding="utf-8")
    return typing.cast("Selection", yaml.safe_load(text))


def _elements(model_name: str, selection: Selection, place: str) -> dict[str, str]:
    """Element -> DuckDB type for the selected elements of one model."""
    from fhir.resources.R4B import get_fhir_model_class

    fields = {field.alias: field for field in get_fhir_model_class(model_name).model_fields.values()}
    types = {}
    for element, inner in selection.items():
        if element not in fields:
            raise ConfigurationError(f"{place}.{element}: no such element in FHIR R4")
        types[element] = _type(fields[element].annotation, inner, f"{place}.{element}")
    return types


def _type(annotation: Any, selection: Selection | None, place: str) -> str:
    repeats, name = _shape(annotation)
    if name == "ResourceType":
        kind = "JSON"
    elif name.endswith("Type"):
        kind = _struct(name.removesuffix("Type"), selection, place)
    elif selection is not None:
        raise ConfigurationError(f"{place}: a primitive element has no elements of its own")
    else:
        kind = _PRIMITIVES.get(name, "VARCHAR")
    return f"{kind}[]" if repeats else kind


def _struct(model_name: str, selection: Selection | None, place: str) -> str:
    chosen = selection if selection is not None else _datatypes().get(model_name)
    if not chosen:
        raise ConfigurationError(f"{place}: name its elements here, or those of {model_name} in {_DATATYPES}")
    inner = ", ".join(f'"{name}" {kind}' for name, kind in _elements(model_name, chosen, place).items())
    return f"STRUCT({inner})"


def _shape(annotation: Any) -> tuple[bool, str]:
    """(repeats, type name) of a model field: Optional[List[abc.CodingType]] -> (True, 'CodingType')."""
    if typing.get_origin(annotation) is list:
        return True, _shape(typing.get_args(annotation)[0])[1]
    if typing.get_origin(annotation) is typing.Annotated:
        base, *details = typing.get_args(annotation)
        return False, type(details[0]).__name__ if base.__name__ == "Decimal" else str(base.__name__)
    choices = [choice for choice in typing.get_args(annotation) if choice is not type(None)]
    return _shape(choices[0]) if choices else (False, str(annotation.__name__))
