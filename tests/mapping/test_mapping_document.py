"""docs/mapping.md is equal to what is declared and filled: each element once, each field somewhere, nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
import yaml

from onco_etl import cdm, fhir_schema, relations
from support.repository import ROOT

EVERY_RESOURCE = "For every resource"
STATUSES = {"mapped", "decides", "private"}
TYPED_NULL = re.compile(r"cast\(NULL AS \w+\) AS (\w+)")
CODE = re.compile(r"`([^`]+)`")

# element cell, CDM cell, status
Row = tuple[str, str, str]


def sections() -> dict[str, str]:
    """Title -> text of each section of the document."""
    parts = re.split(r"^## (.+)$", ROOT.joinpath("docs", "mapping.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> list[Row]:
    """The rows of the section's table of elements."""
    table = section.split("| element | CDM | rule | status |\n|---|---|---|---|\n")[1].split("\n\n")[0]
    found = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return [(element, field, status) for element, field, _, status in found]


def elements(section: str) -> list[str]:
    return [name for cell, _, _ in rows(section) for name in CODE.findall(cell)]


def fields(section: str) -> Iterator[str]:
    """`table.field` of the CDM cells and of the sentences around the table; `.field` repeats the table."""
    cells = [cell for _, cell, _ in rows(section)] if "| element |" in section else []
    sentences = re.findall(r"`([a-z_]+\.[a-z_]+)`", re.sub(r"^\|.*$", "", section, flags=re.M))
    yield from (name for name in sentences if name.split(".")[0] in cdm.fields())
    for cell in cells:
        table = ""
        for name in CODE.findall(cell):
            table = name.split(".")[0] or table
            yield f"{table}.{name.split('.')[1]}"


def leaves(selection: dict[str, Any] | None, path: str = "") -> Iterator[str]:
    for name, inner in (selection or {}).items():
        yield from leaves(inner, f"{path}{name}.") if inner else [path + name]


def declared(file: str) -> dict[str, Any]:
    text = files("onco_mappings").joinpath("fhir", file).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def filled() -> set[str]:
    """`table.field` of every CDM field that a SELECT fills with something else than a typed NULL; keys are assigned."""
    return {
        f"{table}.{name}"
        for table in relations.cdm_tables()
        for name in cdm.columns(table)
        if name != cdm.primary_key(table) and name not in TYPED_NULL.findall(relations.select(table))
    }


@pytest.mark.parametrize("resource_type", fhir_schema.resource_types())
def test_each_declared_element_stands_once_in_its_resource(resource_type: str) -> None:
    expected = sorted(leaves(declared(f"{resource_type}.yaml")))
    assert sorted(elements(sections()[resource_type])) == expected


def test_the_elements_of_every_resource_stand_once() -> None:
    assert sorted(elements(sections()[EVERY_RESOURCE])) == sorted(leaves(declared("datatypes.yaml")["Resource"]))


def test_each_filled_field_is_documented_and_no_other() -> None:
    # What is always NULL is said so in words.
    unfilled = {
        "person.person_source_value",
        "care_site.care_site_name",
        "care_site.care_site_source_value",
    }
    documented = {field for section in sections().values() for field in fields(section)}
    assert documented - unfilled == filled()


def test_every_row_has_a_status() -> None:
    found = {row for name in (EVERY_RESOURCE, *fhir_schema.resource_types()) for row in rows(sections()[name])}
    assert {status for _, _, status in found} == STATUSES
    # What is mapped has a field; what is not has none.
    assert {bool(field) for _, field, status in found if status == "mapped"} == {True}
    assert {bool(field) for _, field, status in found if status != "mapped"} == {False}
