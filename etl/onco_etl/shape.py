"""What the strict read takes for a text although FHIR gives it another shape: judged in SQL, after the read.

DuckDB reads an object or a list into a VARCHAR as its JSON text. Texts like `{score}` and `[U]` are units, not JSON.
Booleans are read as JSON, so that "yes" and 1 can be told from true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import duckdb
from duckdb.sqltypes import DuckDBPyType

from onco_etl import elements, incoming

# Resources within resources stay JSON, whatever they hold.
_CONTAINED = "contained"
# FHIR R4, id: letters, digits, hyphens and dots, at most 64. Servers also use what else may stand in an address.
_ID = "[A-Za-z0-9._~-]{1,128}"


def refusal(table: str) -> str:
    """SQL over a row `v` of `incoming.<table>`: missing-id, invalid-id, invalid-shape, or NULL if it is accepted."""
    return f"""
        CASE
            WHEN coalesce(v.id, '') = '' THEN 'missing-id'
            WHEN NOT regexp_full_match(v.id, '{_ID}') THEN 'invalid-id'
            WHEN v.rowid IN ({_misshapen(table)}) THEN 'invalid-shape'
        END
    """


def name_elements(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table `misshapen`: file_no, line, entry, element of each misshapen row of `version`."""
    con.execute("CREATE OR REPLACE TEMP TABLE misshapen (file_no INTEGER, line BIGINT, entry INTEGER, element VARCHAR)")
    found = con.execute(
        "SELECT DISTINCT resource_type FROM version WHERE reason = 'invalid-shape' AND staged_row IS NOT NULL"
    ).fetchall()
    for (resource_type,) in found:
        table = incoming.table_for(resource_type)
        blamed = " ".join(f"WHEN {fault} THEN '{resource_type}.{path}'" for path, fault in _leaf_faults(table))
        con.execute(
            f"""
            INSERT INTO misshapen
            SELECT w.file_no, w.line, w.entry, CASE {blamed} END
            FROM version AS w JOIN incoming.{table} AS v ON v.rowid = w.staged_row
            WHERE w.resource_type = '{resource_type}' AND w.reason = 'invalid-shape'
            """
        )


@cache
def _misshapen(table: str) -> str:
    """SELECT of the rowids of the rows of `incoming.<table>` in which anything is misshapen.

    The items of a list are gone through as rows: a lambda over large structs costs many times as much.
    """
    columns = incoming.columns_of(table).items()
    judged = [(f'v."{name}"', duckdb.sqltype(kind)) for name, kind in columns if name != _CONTAINED]
    return " UNION ALL ".join(_rows_with_faults(f"incoming.{table} AS v", "v.rowid", judged))


def _rows_with_faults(rows: str, place: str, values: Iterable[tuple[str, DuckDBPyType]]) -> Iterator[str]:
    """SELECTs of the `place` of each of `rows` with a misshapen value: of single ones, then of each list's items."""
    faults, lists, left = [], [], list(values)
    while left:
        value, kind = left.pop(0)
        if kind.id == "struct":
            left.extend((f'{value}."{name}"', member) for name, member in elements.members(kind).items())
        elif kind.id == "list":
            lists.append((value, elements.item(kind)))
        elif fault := _fault(value, kind):
            faults.append(fault)
    if faults:
        yield f"SELECT {place} FROM {rows} WHERE {_any(faults)}"
    for value, kind in lists:
        items = f"(SELECT {place} AS place, unnest({value}) AS one FROM {rows})"
        yield from _rows_with_faults(items, "place", [("one", kind)])


def _leaf_faults(table: str) -> Iterator[tuple[str, str]]:
    """(element, SQL) per primitive element, at whatever depth: whether it is misshapen."""
    for element in elements.walk(incoming.columns_of(table)):
        if not element.members and element.path != _CONTAINED:
            kind = duckdb.list_type(element.type) if element.repeats else element.type
            if fault := _fault(element.sql, kind):
                yield element.path, fault


def _fault(value: str, kind: DuckDBPyType, depth: int = 0) -> str | None:
    """SQL: true where anything within `value` is misshapen, else false or NULL; None where nothing can be.

    Without coalesce, so that a WHERE can leave out of each further comparison what an earlier one told.
    """
    if kind.id == "list":
        inner = _fault(f"one{depth}", elements.item(kind), depth + 1)
        return inner and f"coalesce(list_bool_or(list_transform({value}, lambda one{depth}: {inner})), false)"
    if kind.id == "struct":
        faults = (_fault(f'{value}."{name}"', member, depth) for name, member in elements.members(kind).items())
        return _any(fault for fault in faults if fault) or None
    if str(kind) == "JSON":
        return f"{value}::VARCHAR NOT IN ('true', 'false')"
    if kind.id == "varchar":
        # Most texts begin before a bracket, so that one comparison is all they cost.
        bracketed = f"{value} >= '[' AND ({value} < '\\' OR {value} >= '{{' AND {value} < '|')"
        # FHIR R4, string: no U+0000, which Postgres refuses as well.
        return f"({bracketed} AND json_valid({value}) OR contains({value}, chr(0)))"
    if kind.id == "double":
        return f"NOT isfinite({value})"
    return None


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions)
