"""Records of the document laid across the columns of a table: rates by rule, medians by group."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from onco_registry.bulletin.frames import Record


@dataclass(frozen=True)
class Crossed:
    """A row of a table: what its head needs to know, and a record under the name of each column that has one."""

    head: Record
    cells: dict[str, Record] = field(default_factory=dict)


def by_rule(rows: Iterable[Record]) -> list[Crossed]:
    """A row for each rule and its value, with the rate of each column; in the order of the document."""
    found: dict[Any, Crossed] = {}
    for row in rows:
        found.setdefault((row["rule"], row["value"]), Crossed(row)).cells[row["rate"]] = row
    return list(found.values())


def by_group(entries: Iterable[Record], fewest: int) -> list[tuple[Record, list[Crossed]]]:
    """The strata of all endpoints, each with a row for each label of at least `fewest` patients; endpoints as columns.

    A stratum whose labels all have fewer is left out.
    """
    strata: dict[str, Record] = {}
    found: dict[str, dict[str, Crossed]] = {}
    for entry in entries:
        for stratum in entry["strata"]:
            labels = found.setdefault(strata.setdefault(stratum["variable"], stratum)["variable"], {})
            for row in stratum["rows"]:
                if row["n"] >= fewest:
                    labels.setdefault(row["label"], Crossed(row)).cells[entry["endpoint"]] = row
    return [(stratum, list(found[variable].values())) for variable, stratum in strata.items() if found[variable]]
