"""The concepts of the operators that make a number a bound: <, <=, >, >=."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files


def bound_operators() -> Iterator[tuple[int, bool]]:
    """Each concept id, and whether what was measured lies below the number."""
    path = files("onco_mappings").joinpath("concepts", "constants.csv")
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["domain_id"] == "Meas Value Operator":
                yield int(row["concept_id"]), row["concept_name"].startswith("<")
