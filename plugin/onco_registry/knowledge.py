"""The CDM as known at a run: what the tables of that night held, whatever was learned since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from onco_etl import cdm
from onco_etl.query import scalar
from onco_etl.workspace import CLINICAL_TABLES


def attach(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Attach a database `known` whose schema `cdm` shows the CDM as known at `run`; not within a transaction."""
    workspace = scalar(con, "SELECT current_database()")
    con.execute("ATTACH ':memory:' AS known; CREATE SCHEMA known.cdm")
    for table in CLINICAL_TABLES:
        names = ", ".join(f'"{name}"' for name in cdm.columns(table))
        con.execute(
            f"""
            CREATE VIEW known.cdm.{table} AS
            SELECT {names} FROM {workspace}.cdm.{table} WHERE _run_from <= {run}
            UNION ALL
            SELECT {names} FROM {workspace}.history.{table} WHERE _run_from <= {run} AND _run_to > {run}
            """
        )
    for table in cdm.VOCABULARY_TABLES:
        con.execute(f"CREATE VIEW known.cdm.{table} AS FROM {workspace}.cdm.{table}")


@contextmanager
def shown(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Within the block, `cdm` means the attached one."""
    workspace = scalar(con, "SELECT current_database()")
    con.execute("USE known")
    try:
        yield
    finally:
        con.execute(f"USE {workspace}")
