"""Booleans where FHIR has a number: DuckDB reads true as 1, so they are told by the text, not after the read."""

from __future__ import annotations

import re
from functools import cache

import duckdb

from onco_etl import elements, incoming
from onco_etl.landing import LandedFile, matching_lines


def may_be_booleans(table: str, file: LandedFile) -> bool:
    """Whether true or false stands in `file` under the name of an element that is read as a number from its type.

    It may be of another element of that name: only a look at the resource tells.
    """
    pattern = _pattern(table)
    return pattern is not None and any(True for _ in matching_lines(file, pattern))


def refuse_booleans(con: duckdb.DuckDBPyConnection) -> None:
    """Move the parts that have a boolean for a number from `incoming.part` to `incoming.refused`, with the element."""
    for table, resource_type in incoming.tables().items():
        paths = _paths(table)
        if not paths:
            continue
        is_boolean = {path: _is_boolean(json_path) for path, json_path in paths.items()}
        blamed = " ".join(f"WHEN {found} THEN '{resource_type}.{path}'" for path, found in is_boolean.items())
        con.execute(
            f"""
            CREATE OR REPLACE TABLE incoming.boolean AS
            SELECT
                file_no, line, entry, resource_type, resource_id, {incoming.VERSION_OF_JSON},
                CASE {blamed} END AS element
            FROM incoming.part
            WHERE
                resource_type = '{resource_type}' AND (contains(json, 'true') OR contains(json, 'false'))
                AND element IS NOT NULL;

            INSERT INTO incoming.refused
            SELECT
                file_no, line, entry, resource_type, resource_id, version_id, last_updated, 'invalid-shape', element,
                'does not fit FHIR R4: a boolean where a number belongs'
            FROM incoming.boolean;

            DELETE FROM incoming.part
            WHERE (file_no, line, entry) IN (SELECT (file_no, line, entry) FROM incoming.boolean);

            DROP TABLE incoming.boolean;
            """
        )


@cache
def _pattern(table: str) -> re.Pattern[bytes] | None:
    names = sorted({path.rpartition(".")[2] for path in _paths(table)})
    return re.compile(rf'"(?:{"|".join(names)})"\s*:\s*(?:true|false)'.encode()) if names else None


@cache
def _paths(table: str) -> dict[str, str]:
    """Element -> JSON path of each element that is read as a number."""
    found = elements.walk(incoming.columns_of(table))
    return {element.path: element.json_path for element in found if element.type.id == "double"}


def _is_boolean(json_path: str) -> str:
    found = f"json_type(json, '{json_path}')"
    return f"list_contains({found}, 'BOOLEAN')" if "[*]" in json_path else f"{found} = 'BOOLEAN'"
