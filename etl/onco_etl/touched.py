"""The schemas `touched` and `fhir`: the staged resources that the run maps again, as the SELECTs read them."""

from __future__ import annotations

import duckdb

from onco_etl import fhir_schema, workspace
from onco_etl.query import scalar
from onco_etl.workspace import LOOKED_UP


def lay_out(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Point the views of `touched` and `fhir` to the resources of `work.touched`; gives back their types, sorted.

    Where all of a type are touched, as in a first load, its staged table is read as it is; where some are, they are
    copied out once; where none is, nothing is read.
    """
    counts: dict[str, int] = dict(
        con.execute(
            """
            SELECT resource_type, count(*) FILTER (NOT deleted)
            FROM state.resource SEMI JOIN work.touched USING (resource_key) GROUP BY ALL ORDER BY ALL
            """
        ).fetchall()
    )
    for resource_type in fhir_schema.resource_types():
        _show(con, resource_type, _rows(con, fhir_schema.table_name(resource_type), counts.get(resource_type, 0)))
    return list(counts)


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Forget what a run touched: it is of no use after it."""
    workspace.clear_work(con)
    for resource_type in fhir_schema.resource_types():
        table = fhir_schema.table_name(resource_type)
        _show(con, resource_type, _rows(con, table, 0))
        con.execute(f"DROP TABLE IF EXISTS work.{table}")


def _show(con: duckdb.DuckDBPyConnection, resource_type: str, rows: str) -> None:
    table = fhir_schema.table_name(resource_type)
    seen = f"staged.{table}" if resource_type in LOOKED_UP else f"touched.{table}"
    con.execute(
        f"""
        CREATE OR REPLACE VIEW touched.{table} AS FROM {rows};
        CREATE OR REPLACE VIEW fhir.{table} AS
        SELECT s.* FROM {seen} AS s ANTI JOIN state.excluded AS x USING (resource)
        """
    )


def _rows(con: duckdb.DuckDBPyConnection, table: str, touched: int) -> str:
    if not touched:
        return f"staged.{table} WHERE false"
    if touched == scalar(con, f"SELECT count(*) FROM staged.{table}"):
        return f"staged.{table}"
    con.execute(f"CREATE OR REPLACE TABLE work.{table} AS FROM staged.{table} SEMI JOIN work.touched USING (resource)")
    return f"work.{table}"
