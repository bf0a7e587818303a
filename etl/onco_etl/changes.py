"""What a run changed in the CDM."""

from __future__ import annotations

import duckdb

from onco_etl.query import scalar
from onco_etl.workspace import CLINICAL_TABLES


def by_table(con: duckdb.DuckDBPyConnection, run: int) -> list[dict[str, object]]:
    """CDM tables that the run changed: table, rows that began and rows that ended."""
    counts = " UNION ALL ".join(
        f"""
        SELECT
            '{table}' AS name, (SELECT count(*) FROM cdm.{table} WHERE _run_from = {run}) AS began,
            (SELECT count(*) FROM history.{table} WHERE _run_to = {run}) AS ended
        """
        for table in CLINICAL_TABLES
    )
    found = con.execute(f"SELECT * FROM ({counts}) WHERE began + ended > 0 ORDER BY name").fetchall()
    return [{"table": name, "began": began, "ended": ended} for name, began, ended in found]


def moved(con: duckdb.DuckDBPyConnection, run: int) -> int:
    """Resources of which a row left one table in this run while one began in another."""
    began = _keys("cdm", "_run_from", run)
    ended = _keys("history", "_run_to", run)
    found: int = scalar(
        con,
        f"""
        WITH began AS ({began}), ended AS ({ended})
        SELECT count(DISTINCT b._resource_key)
        FROM (SELECT * FROM began ANTI JOIN ended USING (name, _resource_key)) AS b
        JOIN (SELECT * FROM ended ANTI JOIN began USING (name, _resource_key)) AS e USING (_resource_key)
        """,
    )
    return found


def _keys(schema: str, column: str, run: int) -> str:
    return " UNION ALL ".join(
        f"SELECT '{table}' AS name, _resource_key FROM {schema}.{table} "
        f"WHERE {column} = {run} AND _resource_key IS NOT NULL"
        for table in CLINICAL_TABLES
    )
