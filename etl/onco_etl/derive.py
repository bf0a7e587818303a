"""Derived tables, recomputed for the persons whose rows changed in this run."""

from __future__ import annotations

from importlib.resources import files

import duckdb

from onco_etl import cdm, keys, merge
from onco_etl.workspace import CLINICAL_TABLES

TABLES = ("observation_period", "drug_era", "condition_era")


def derive(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Bring the derived tables up to date for each person with a row that began or ended in `run`."""
    _changed_persons(con, run)
    for table in TABLES:
        text = files("onco_mappings").joinpath("sql", "derived", f"{table}.sql").read_text(encoding="utf-8")
        con.execute(f"CREATE OR REPLACE TEMP TABLE mapped AS {text}")
        keys.assign(con, table, "mapped")
        columns = ", ".join(
            f"k.id AS {name}" if name == cdm.primary_key(table) else f"m.{name}" for name in cdm.columns(table)
        )
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT {columns}, NULL::INTEGER AS _resource_key, '' AS _slot, m.derivation AS _derivation, k.id AS _row_id
            FROM mapped AS m JOIN keys.{table} AS k USING (row_key);

            CREATE OR REPLACE TEMP TABLE existing AS
            SELECT c.* FROM cdm.{table} AS c SEMI JOIN work.person AS p USING (person_id);
            """
        )
        merge.apply(con, table, run)


def _changed_persons(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """`work.person`: persons with a row of their own that began or ended in this run."""
    tables = [t for t in CLINICAL_TABLES if t not in TABLES and "person_id" in cdm.columns(t)]
    begun = " UNION ".join(f"SELECT person_id FROM cdm.{table} WHERE _run_from = {run}" for table in tables)
    ended = " UNION ".join(f"SELECT person_id FROM history.{table} WHERE _run_to = {run}" for table in tables)
    con.execute(f"CREATE OR REPLACE TABLE work.person AS {begun} UNION {ended}")
