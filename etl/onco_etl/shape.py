"""What the strict read takes for a text although FHIR gives it another shape: judged in SQL, after the read.

DuckDB reads an object or a list into a VARCHAR as its JSON text. Texts like `{score}` and `[U]` are units, not JSON.
"""

from __future__ import annotations

from functools import cache

import duckdb

from onco_etl import elements, staging


def refusal(table: str) -> str:
    """SQL over a row `v` of `incoming.<table>`: missing-id, invalid-shape, or NULL for what is accepted."""
    misshapen = " OR ".join(fault for _, fault in _faults(table))
    return f"CASE WHEN coalesce(v.id, '') = '' THEN 'missing-id' WHEN {misshapen} THEN 'invalid-shape' END"


def name_elements(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `misshapen`: file_no, line, entry, element of each misshapen row of `version`."""
    con.execute("CREATE OR REPLACE TEMP TABLE misshapen (file_no INTEGER, line BIGINT, entry INTEGER, element VARCHAR)")
    found = con.execute(
        "SELECT DISTINCT resource_type FROM version WHERE reason = 'invalid-shape' AND staged_row IS NOT NULL"
    ).fetchall()
    for (resource_type,) in found:
        table = staging.table_for(resource_type)
        element = " ".join(f"WHEN {fault} THEN '{resource_type}.{path}'" for path, fault in _faults(table))
        con.execute(
            f"""
            INSERT INTO misshapen
            SELECT w.file_no, w.line, w.entry, CASE {element} END
            FROM version AS w JOIN incoming.{table} AS v ON v.rowid = w.staged_row
            WHERE w.resource_type = '{resource_type}' AND w.reason = 'invalid-shape'
            """
        )


@cache
def _faults(table: str) -> tuple[tuple[str, str], ...]:
    """(element, SQL of whether it is misshapen) of each element that could be."""
    walked = elements.walk(staging.columns_of(table))
    return tuple((element.path, fault) for element in walked if (fault := _misshapen(element)))


def _misshapen(element: elements.Element) -> str | None:
    """SQL: whether an object or a list stands where FHIR has a text, or anything but true and false for a boolean."""
    if str(element.type) == "JSON":
        wrong = None if element.path == "contained" else "one::VARCHAR NOT IN ('true', 'false')"
    else:
        wrong = "starts_with(one, '{\"') OR one = '{}' OR starts_with(one, '[') AND json_valid(one)"
        wrong = wrong if element.type.id == "varchar" else None
    if wrong is None:
        return None
    if element.repeats:
        return f"coalesce(list_bool_or(list_transform({element.sql}, lambda one: {wrong})), false)"
    return f"coalesce({wrong.replace('one', element.sql)}, false)"
