"""Each SELECT gives the columns of its CDM table, in CDM order, within the CDM's lengths."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Any

import pytest

from onco_etl import cdm, relations

MAPPED = (
    "care_site",
    "condition_occurrence",
    "death",
    "drug_exposure",
    "fact_relationship",
    "location",
    "measurement",
    "observation",
    "person",
    "procedure_occurrence",
    "provider",
    "visit_occurrence",
)


def cdm_fields(table: str) -> list[dict[str, str]]:
    with files("onco_etl").joinpath("cdm_fields.csv").open(encoding="utf-8") as lines:
        return [row for row in csv.DictReader(lines) if row["table"] == table]


def test_mapped_tables() -> None:
    assert relations.cdm_tables() == MAPPED


@pytest.mark.parametrize("table", MAPPED)
def test_columns_are_those_of_the_cdm(mapped: Any, table: str) -> None:
    own_key = f"{table}_id"
    expected = [row["field"] for row in cdm_fields(table) if row["field"] != own_key]
    con = mapped().con
    found = [row[0] for row in con.execute(f"DESCRIBE {relations.select(table)}").fetchall()]
    assert found == ["resource", "slot", "derivation", *expected]


@pytest.mark.parametrize("table", MAPPED)
def test_types_fit_the_cdm(mapped: Any, table: str) -> None:
    con = mapped().con
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE {relations.select(table)}").fetchall()}
    expected = {"integer": ("INTEGER", "BIGINT"), "date": ("DATE",), "datetime": ("TIMESTAMP",), "float": ("DOUBLE",)}
    for row in cdm_fields(table):
        if row["field"] == f"{table}_id" or row["field"] in cdm.key_references(table) or row["field"] == "person_id":
            continue
        allowed = expected.get(row["type"].lower(), ("VARCHAR",))
        assert types[row["field"]] in allowed, row["field"]
