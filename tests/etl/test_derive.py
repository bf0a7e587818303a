"""Derived tables: literal events in, literal periods and eras out."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from onco_etl import cdm, derive, relations, workspace


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A workspace in memory, with what the derived tables read and write."""
    con = duckdb.connect()
    workspace.create_schema(con)
    relations.define_constants(con)
    con.execute(
        """
        INSERT INTO cdm.concept BY NAME
        SELECT 7 AS concept_id, 'drug' AS concept_name, 'Drug' AS domain_id, 'ONCO' AS vocabulary_id,
            'Ingredient' AS concept_class_id, 'd' AS concept_code, DATE '1970-01-01' AS valid_start_date,
            DATE '2099-12-31' AS valid_end_date;
        INSERT INTO cdm.concept_ancestor VALUES (7, 7, 0, 0);
        """
    )
    return con


def insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows of a CDM table that began in run 1; required integers that are not given are 0."""
    for number, row in enumerate(rows, start=1):
        required = {f.name: 0 for f in cdm.fields()[table] if f.required and f.type == "integer"}
        values = {**required, **row, f"{table}_id": number, "_row_id": number, "_run_from": 1}
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        con.execute(f"INSERT INTO cdm.{table} ({names}) VALUES ({marks})", list(values.values()))


def exposure(person: int, start: str, end: str) -> dict[str, Any]:
    return {
        "person_id": person,
        "drug_concept_id": 7,
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": end,
    }


def occurrence(person: int, start: str, end: str | None, concept: int = 5) -> dict[str, Any]:
    return {
        "person_id": person,
        "condition_concept_id": concept,
        "condition_start_date": start,
        "condition_end_date": end,
    }


def eras(con: duckdb.DuckDBPyConnection, table: str, columns: str) -> list[tuple[Any, ...]]:
    return con.execute(f"SELECT {columns} FROM cdm.{table} ORDER BY ALL").fetchall()


DRUG_ERA = "person_id, drug_era_start_date::VARCHAR, drug_era_end_date::VARCHAR, drug_exposure_count, gap_days"
CONDITION_ERA = "condition_concept_id, condition_era_start_date::VARCHAR, condition_era_end_date::VARCHAR"


def test_a_gap_of_30_days_joins_and_of_31_days_parts(con: duckdb.DuckDBPyConnection) -> None:
    insert(
        con,
        "drug_exposure",
        [
            exposure(1, "2021-01-01", "2021-01-10"),
            exposure(1, "2021-02-09", "2021-02-10"),
            exposure(1, "2021-03-14", "2021-03-20"),
            exposure(2, "2021-01-01", "2021-01-01"),
        ],
    )
    derive.derive(con, 1)
    assert eras(con, "drug_era", DRUG_ERA) == [
        (1, "2021-01-01", "2021-02-10", 2, 29),
        (1, "2021-03-14", "2021-03-20", 1, 0),
        (2, "2021-01-01", "2021-01-01", 1, 0),
    ]


def test_a_long_exposure_covers_short_ones_within_it(con: duckdb.DuckDBPyConnection) -> None:
    insert(
        con,
        "drug_exposure",
        [
            exposure(1, "2021-01-01", "2021-06-30"),
            exposure(1, "2021-02-01", "2021-02-02"),
            exposure(1, "2021-07-30", "2021-07-31"),
        ],
    )
    derive.derive(con, 1)
    assert eras(con, "drug_era", DRUG_ERA) == [(1, "2021-01-01", "2021-07-31", 3, 29)]


def test_condition_eras_leave_out_what_has_no_concept(con: duckdb.DuckDBPyConnection) -> None:
    insert(
        con,
        "condition_occurrence",
        [
            occurrence(1, "2021-01-01", None),
            occurrence(1, "2021-01-31", "2021-02-05"),
            occurrence(1, "2021-05-01", None),
            occurrence(1, "2021-05-01", None, concept=0),
        ],
    )
    derive.derive(con, 1)
    assert eras(con, "condition_era", CONDITION_ERA) == [
        (5, "2021-01-01", "2021-02-05"),
        (5, "2021-05-01", "2021-05-01"),
    ]


def test_the_observation_period_spans_everything_recorded(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "drug_exposure", [exposure(1, "2021-01-01", "2021-12-31")])
    insert(con, "condition_occurrence", [occurrence(1, "2021-03-01", "2021-04-01"), occurrence(2, "2020-05-05", None)])
    derive.derive(con, 1)
    columns = "person_id, observation_period_start_date::VARCHAR, observation_period_end_date::VARCHAR"
    # The end of an exposure that nobody recorded is a guess and does not prolong the period.
    assert eras(con, "observation_period", columns) == [
        (1, "2021-01-01", "2021-04-01"),
        (2, "2020-05-05", "2020-05-05"),
    ]


def test_only_touched_persons_are_derived_anew(con: duckdb.DuckDBPyConnection) -> None:
    insert(con, "condition_occurrence", [occurrence(1, "2021-03-01", None), occurrence(2, "2020-05-05", None)])
    derive.derive(con, 1)
    con.execute(
        "UPDATE cdm.condition_occurrence SET condition_start_date = '2021-03-02', _run_from = 2 WHERE person_id = 1"
    )
    con.execute("UPDATE cdm.condition_occurrence SET condition_start_date = '2020-05-06' WHERE person_id = 2")
    derive.derive(con, 2)
    assert eras(con, "condition_era", "person_id, condition_era_start_date::VARCHAR, _run_from") == [
        (1, "2021-03-02", 2),
        (2, "2020-05-05", 1),
    ]
    assert eras(con, "observation_period", "person_id, _run_from") == [(1, 2), (2, 1)]
