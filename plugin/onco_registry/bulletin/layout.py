"""Records of the document as its tables lay them out: rates by rule, medians by group, contrasts by endpoint."""

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


def by_source(rows: Iterable[Record]) -> dict[str, int]:
    """How many patients' responses each source gave, where it gave any; in the order of the document."""
    found: dict[str, int] = {}
    for row in rows:
        found[row["source"]] = found.get(row["source"], 0) + row["x"]
    return {source: x for source, x in found.items() if x}


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


def by_reason(flows: Iterable[Record]) -> list[tuple[str, dict[str, int]]]:
    """The reasons for exclusion of several flows, each with who was excluded by cohort; without the first step."""
    found: dict[str, dict[str, int]] = {}
    for flow in flows:
        for step in flow["steps"][1:]:
            found.setdefault(step["label"], {})[flow["cohort"]] = step["excluded"]
    return list(found.items())


def told(entries: Iterable[Record]) -> list[Record]:
    """The endpoints of which a curve or an estimate is told; the others say so where their curve would be."""
    return [
        entry
        for entry in entries
        if (entry["curve"]["points"] and entry["estimates"])
        or any(not row.get("withheld") for row in entry["estimates"])
    ]


def by_endpoint(contrasts: list[Record]) -> list[tuple[str, list[Record]]]:
    """The contrasts by endpoint, both in the order of the document."""
    endpoints = dict.fromkeys(group["endpoint"] for group in contrasts)
    return [(name, [group for group in contrasts if group["endpoint"] == name]) for name in endpoints]
