"""The concepts that the SELECTs name, from mappings/concepts/constants.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files


def constant(name: str) -> int:
    """The concept id of a constant, such as 'type_ehr_prescription'."""
    return int(_constants()[name]["concept_id"])


def bound_operators() -> Iterator[tuple[int, bool]]:
    """The concepts of <, <=, >, >=, which make a number a bound, and whether what was measured lies below it."""
    for row in _constants().values():
        if row["domain_id"] == "Meas Value Operator":
            yield int(row["concept_id"]), row["concept_name"].startswith("<")


@cache
def _constants() -> Mapping[str, Mapping[str, str]]:
    path = files("onco_mappings").joinpath("concepts", "constants.csv")
    with path.open(encoding="utf-8") as lines:
        return {row["name"]: row for row in csv.DictReader(lines)}
