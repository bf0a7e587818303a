"""UCUM units as OMOP concept ids, from the unit map of mappings/concepts."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def unit_concepts() -> Mapping[str, int]:
    """UCUM code -> unit concept id, of every unit of units.csv."""
    path = files("onco_mappings").joinpath("concepts", "units.csv")
    with path.open(encoding="utf-8") as lines:
        return {row["concept_code"]: int(row["concept_id"]) for row in csv.DictReader(lines)}
