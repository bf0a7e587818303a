"""The schemas `touched` and `fhir`: the staged resources that the run maps again, as the SELECTs read them."""

from __future__ import annotations

import duckdb

from onco_etl import fhir_schema, workspace
from onco_etl.query import scalar
from onco_etl.workspace import LOOKED_UP


def lay_out(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Point the views of `touched` to the resources of `work.touched`; gives back their types, sorted.

    Where all of a type come from this batch, they are read where they were received; where all there are, as in a
    change of maps, their staged table is read as it is; where some are, they are copied out once.
    """
    counts = _counted(
        con,
        """
        SELECT resource_type, count(*) FILTER (NOT deleted)
        FROM state.resource SEMI JOIN work.touched USING (resource_key) GROUP BY ALL ORDER BY ALL
        """,
    )
    received = _counted(con, "SELECT resource_type, count(*) FROM newest WHERE NOT deleted GROUP BY ALL")
    for resource_type in fhir_schema.resource_types():
        table, touched = fhir_schema.table_name(resource_type), counts.get(resource_type, 0)
        batch = received.get(resource_type, 0)
        _show(con, table, f"received_{table}" if touched and touched == batch else _rows(con, table, touched))
    return list(counts)


def accept(con: duckdb.DuckDBPyConnection) -> None:
    """Point the views of `fhir` to what is not excluded of the rows of `touched`, and of what others look up."""
    excluded = _counted(
        con, "SELECT split_part(resource, '/', 2) AS resource_type, count(*) FROM state.excluded GROUP BY ALL"
    )
    for resource_type in fhir_schema.resource_types():
        _show_accepted(con, resource_type, excluded.get(resource_type, 0))


def clear(con: duckdb.DuckDBPyConnection) -> None:
    """Forget what a run touched: it is of no use after it."""
    workspace.clear_work(con)
    for resource_type in fhir_schema.resource_types():
        table = fhir_schema.table_name(resource_type)
        _show(con, table, _rows(con, table, 0))
        _show_accepted(con, resource_type, 0)
        con.execute(f"DROP TABLE IF EXISTS work.{table}")


def _counted(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    return dict(con.execute(query).fetchall())


def _show(con: duckdb.DuckDBPyConnection, table: str, rows: str) -> None:
    con.execute(f"CREATE OR REPLACE VIEW touched.{table} AS FROM {rows}")


def _show_accepted(con: duckdb.DuckDBPyConnection, resource_type: str, excluded: int) -> None:
    table = fhir_schema.table_name(resource_type)
    seen = f"staged.{table}" if resource_type in LOOKED_UP else f"touched.{table}"
    # Rows as wide as these are not joined where nothing is excluded.
    but = "AS s ANTI JOIN state.excluded AS x USING (resource)" if excluded else "AS s"
    con.execute(f"CREATE OR REPLACE VIEW fhir.{table} AS SELECT s.* FROM {seen} {but}")


def _rows(con: duckdb.DuckDBPyConnection, table: str, touched: int) -> str:
    if not touched:
        return f"staged.{table} WHERE false"
    if touched == scalar(con, f"SELECT count(*) FROM staged.{table}"):
        return f"staged.{table}"
    con.execute(f"CREATE OR REPLACE TABLE work.{table} AS FROM staged.{table} SEMI JOIN work.touched USING (resource)")
    return f"work.{table}"
