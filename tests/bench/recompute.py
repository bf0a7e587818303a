"""What a recompute of one registry takes on a large CDM that nobody but its owner wrote: no lineage, no workspace.

    PYTHONPATH=tests .venv/bin/python -m bench.recompute
    PYTHONPATH=tests .venv/bin/python -m bench.recompute --persons 100000

The CDM is made in DuckDB from nothing: a hundred rows a person of codes that no registry asks for, and of every
hundredth person what makes a patient of the fictional registry of tests/outcomes. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import duckdb

from bench.measure import measured
from onco_etl import cdm
from onco_registry.definition import load_registry
from onco_registry.recompute import recompute
from support.repository import ROOT

CACHE = ROOT / ".bench"
REGISTRY = ROOT / "tests" / "outcomes" / "registry"
CUT = date(2024, 12, 31)
# One person in so many is a patient of the registry.
SHARE = 100
_BACKGROUND = {
    "measurement": (70, "measurement_concept_id", "measurement_date", "measurement_type_concept_id"),
    "condition_occurrence": (10, "condition_concept_id", "condition_start_date", "condition_type_concept_id"),
    "drug_exposure": (10, "drug_concept_id", "drug_exposure_start_date", "drug_type_concept_id"),
    "visit_occurrence": (10, "visit_concept_id", "visit_start_date", "visit_type_concept_id"),
}
# Rows of a patient: table, days from index, and the values of other columns.
_PATIENT = (
    ("condition_occurrence", (-200,), {"condition_concept_id": 201}),
    ("condition_occurrence", (-190,), {"condition_concept_id": 211}),
    ("condition_occurrence", (30, 95), {"condition_concept_id": 501}),
    ("drug_exposure", (-180, -150), {"drug_concept_id": 111, "drug_type_concept_id": 32830}),
    ("drug_exposure", tuple(range(0, 120, 14)), {"drug_concept_id": 101, "drug_type_concept_id": 32818}),
    ("drug_exposure", tuple(range(0, 120, 21)), {"drug_concept_id": 102, "drug_type_concept_id": 32818}),
    ("measurement", (-10, 45, 90, 135), {"measurement_concept_id": 310, "unit_concept_id": 8588}),
    ("measurement", (45, 90), {"measurement_concept_id": 300, "value_as_concept_id": 303}),
    ("measurement", (135,), {"measurement_concept_id": 300, "value_as_concept_id": 304}),
)
_ENDS = {"drug_exposure": "drug_exposure_end_date", "visit_occurrence": "visit_end_date"}


def generated(persons: int) -> Path:
    """The DuckDB file with a CDM of so many persons, made if it is not there."""
    path = CACHE / f"cdm-{persons}.duckdb"
    if path.exists():
        return path
    CACHE.mkdir(exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with duckdb.connect(partial) as con:
        cdm.create_tables(con)
        _persons(con, persons)
        for table, (rows, concept, day, kind) in _BACKGROUND.items():
            values = {
                concept: "1000000 + hash(person_id, n) % 5000",
                day: "DATE '2010-01-01' + (hash(n, person_id) % 5000)::INTEGER",
                kind: "32817",
            }
            _insert(con, table, f"cdm.person, range({rows}) AS item (n)", values)
        for table, days, columns in _PATIENT:
            _, _, day, kind = _BACKGROUND[table]
            dated = "DATE '2012-01-01' + (person_id % 3000)::INTEGER + n::INTEGER"
            whose = f"(SELECT person_id, unnest({list(days)}) AS n FROM cdm.person WHERE person_id % {SHARE} = 0)"
            written = {day: dated, kind: "32817", **{name: str(value) for name, value in columns.items()}}
            if columns.get("measurement_concept_id") == 310:
                written["value_as_number"] = "40 + (hash(person_id, n) % 40)::INTEGER"
            _insert(con, table, whose, written)
    partial.rename(path)
    return path


def _persons(con: duckdb.DuckDBPyConnection, persons: int) -> None:
    """Persons, and the death of every second patient."""
    birth = {"year_of_birth": "1940 + person_id % 40", "month_of_birth": "1", "day_of_birth": "1"}
    zeros = dict.fromkeys(("gender_concept_id", "race_concept_id", "ethnicity_concept_id"), "0")
    values = {"person_id": "person_id", **birth, **zeros}
    con.execute(
        f"INSERT INTO cdm.person ({', '.join(values)}) "
        f"SELECT {', '.join(values.values())} FROM range(1, {persons + 1}) AS person (person_id)"
    )
    con.execute(
        "INSERT INTO cdm.death (person_id, death_date) "
        "SELECT person_id, DATE '2012-01-01' + (person_id % 3000)::INTEGER + 150 + (person_id % 701)::INTEGER "
        f"FROM cdm.person WHERE person_id % {2 * SHARE} = 0"
    )


def _insert(con: duckdb.DuckDBPyConnection, table: str, origin: str, values: dict[str, str]) -> None:
    """Rows of a table, one per row of `origin`, with ids that count on."""
    key = cdm.primary_key(table)
    if table in _ENDS:
        values[_ENDS[table]] = values[_BACKGROUND[table][2]]
    required = (field.name for field in cdm.fields()[table] if field.required and field.name not in values)
    filled = values | {name: "0" for name in required if name not in ("person_id", key)}
    con.execute(
        f"INSERT INTO cdm.{table} ({key}, person_id, {', '.join(filled)}) "
        f"SELECT row_number() OVER () + (SELECT count(*) FROM cdm.{table}), person_id, {', '.join(filled.values())} "
        f"FROM {origin}"
    )


def computed(path: Path, memory_limit: str) -> None:
    """Recompute from the file at `path`, and say what was found."""
    registry = load_registry(REGISTRY)
    with duckdb.connect(path, read_only=True, config={"memory_limit": memory_limit}) as con:
        results = recompute(con, registry, data_cut=CUT, as_of_run=1)
    print(f"{len(results.cohort):,} patients, {len(results.estimate):,} estimates", file=sys.stderr)


def main() -> None:
    """Generate, recompute in a process of its own, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--memory-limit", default="3GB")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.file:
        computed(asked.file, asked.memory_limit)
        return
    path = generated(asked.persons)
    command = [sys.executable, "-m", "bench.recompute", "--file", path, "--memory-limit", asked.memory_limit]
    took = measured(command, ROOT, {"PYTHONPATH": "tests"})
    print(f"{took.said.strip()} of {asked.persons:,} persons: {took.seconds:.1f} s, {took.resident:,.0f} MB")


if __name__ == "__main__":
    main()
