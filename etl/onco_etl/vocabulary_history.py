"""The vocabulary as known at a run: what each change of maps or vocabulary took from the slice in `cdm`, and added to it.

Outcomes of a past night read the concepts, relations and ancestors of that night, so they can be computed again after
another release was loaded. Nights in between only add concepts that no earlier row uses; that is not kept.
"""

from __future__ import annotations

import duckdb

from onco_etl import cdm
from onco_etl.query import scalar

# What the outcomes read of the vocabulary.
TABLES = ("concept", "concept_relationship", "concept_ancestor", "source_to_concept_map")


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of schema `history` that say which rows began, and which ended, in which run."""
    for table in TABLES:
        con.execute(
            f"""
            CREATE TABLE IF NOT EXISTS history.{table} AS
            SELECT {_names(table)}, 0 AS _run, TRUE AS _began FROM cdm.{table} WITH NO DATA
            """
        )


def set_aside(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the slice before it is made anew; of the first one there is nothing before."""
    if scalar(con, "SELECT count(*) FROM cdm.concept"):
        for table in TABLES:
            con.execute(f"CREATE OR REPLACE TEMP TABLE earlier_{table} AS SELECT {_names(table)} FROM cdm.{table}")


def record(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Note how the slice differs from the one that was set aside in this run, if one was."""
    if not scalar(con, "SELECT count(*) FROM duckdb_tables() WHERE temporary AND table_name = 'earlier_concept'"):
        return
    for table in TABLES:
        now, earlier = f"SELECT {_names(table)} FROM cdm.{table}", f"FROM temp.earlier_{table}"
        con.execute(
            f"""
            INSERT INTO history.{table} SELECT *, {run}, TRUE FROM ({now} EXCEPT {earlier});
            INSERT INTO history.{table} SELECT *, {run}, FALSE FROM ({earlier} EXCEPT {now});
            DROP TABLE temp.earlier_{table};
            """
        )


def as_known(con: duckdb.DuckDBPyConnection, workspace: str, table: str, run: int) -> str:
    """SELECT of the rows of a vocabulary table as known at `run`, in any order; of the others, those of now."""
    now = f"SELECT {_names(table)} FROM {workspace}.cdm.{table}"
    changed = f"FROM {workspace}.history.{table} WHERE _run > {run}"
    if table not in TABLES or not scalar(con, f"SELECT EXISTS ({changed})"):
        return now
    # What first became of a row after the run tells whether it was there: what began was not, what ended was.
    first = f"(SELECT * {changed} QUALIFY row_number() OVER (PARTITION BY {_names(table)} ORDER BY _run) = 1)"
    return (
        f"({now} EXCEPT SELECT {_names(table)} FROM {first} WHERE _began) "
        f"UNION SELECT {_names(table)} FROM {first} WHERE NOT _began"
    )


def _names(table: str) -> str:
    return ", ".join(f'"{name}"' for name in cdm.columns(table))
