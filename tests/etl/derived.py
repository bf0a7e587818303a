"""A CDM in memory, rows put into it, and the tables derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import duckdb

from onco_etl import cdm, derive, relations, workspace
from onco_etl.episodes import EpisodeRules

Row = dict[str, Any]
Rows = list[tuple[Any, ...]]


def tables() -> duckdb.DuckDBPyConnection:
    """An empty workspace in memory."""
    con = duckdb.connect(config={"threads": 1})
    workspace.create_schema(con)
    relations.define_macros(con, timezone="Asia/Shanghai", secret="s", extract_date=date(2024, 6, 30))
    return con


class Record:
    """Rows of persons; row ids count from 1 in each table."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    def put(self, table: str, *rows: Row, run: int = 1) -> None:
        """Rows that began in `run`; required integers that are not given are 0."""
        for row in rows:
            required = {f.name: 0 for f in cdm.fields()[table] if f.required and f.type == "integer"}
            values = {**required, **row}
            key = cdm.primary_key(table)
            if key and table in workspace.CLINICAL_TABLES:
                (number,) = self.con.execute(f"SELECT count(*) + 1 FROM cdm.{table}").fetchall()[0]
                values |= {key: number, "_row_id": number, "_run_from": run}
            marks = ", ".join("?" for _ in values)
            self.con.execute(f"INSERT INTO cdm.{table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))

    def forget(self, table: str, where: str, run: int) -> None:
        """What is so, ends in `run`."""
        self.con.execute(
            f"""
            INSERT INTO history.{table} BY NAME SELECT *, {run} AS _run_to FROM cdm.{table} WHERE {where};
            DELETE FROM cdm.{table} WHERE {where};
            """
        )

    def derive(self, run: int = 1, *, rules: Sequence[EpisodeRules] = (), gap: int | None = None) -> None:
        derive.derive(self.con, run, observation_gap_days=gap, rules=rules)

    def rows(self, table: str, columns: str) -> Rows:
        """Dates as they are written."""
        listed = ", ".join(
            f"{name}::VARCHAR" if name.endswith("_date") else name for name in map(str.strip, columns.split(","))
        )
        return self.con.execute(f"SELECT {listed} FROM cdm.{table} ORDER BY ALL").fetchall()


def exposure(person: int, start: str, end: str, drug: int = 7, **more: Any) -> Row:
    return {
        "person_id": person,
        "drug_concept_id": drug,
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": end,
        **more,
    }


def occurrence(person: int, start: str, end: str | None = None, concept: int = 5) -> Row:
    return {
        "person_id": person,
        "condition_concept_id": concept,
        "condition_start_date": start,
        "condition_end_date": end,
    }


def ingredient(concept: int = 7) -> Row:
    return {
        "concept_id": concept,
        "concept_name": "drug",
        "domain_id": "Drug",
        "vocabulary_id": "ONCO",
        "concept_class_id": "Ingredient",
        "standard_concept": "S",
        "concept_code": str(concept),
        "valid_start_date": "1970-01-01",
        "valid_end_date": "2099-12-31",
    }


def ancestor(above: int, below: int) -> Row:
    return {
        "ancestor_concept_id": above,
        "descendant_concept_id": below,
        "min_levels_of_separation": int(above != below),
        "max_levels_of_separation": int(above != below),
    }
