"""The attached in-memory database `incoming`, which holds a batch as read, and the strict read that fills it.


<type>    one table per supported resource type: its declared elements, and the file read (`filename`)
other     resources of types that are not mapped: type, id, meta and whom they are about
landed    filename -> file_no, for files read whole
only      (file_no, line, entry) of what counts in a file that is received once more
place     (filename, n) -> (file_no, line, entry) where the n-th row of a file is not its n-th line
refused   what could not be read: file_no, line, entry, resource_type, resource_id, version_id, last_updated, reason,
          element, message
removed   deletions asked for by Bundle entries: file_no, line, entry, resource_type, resource_id, last_updated,
          version_id
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from onco_etl import fhir_schema
from onco_etl.landing import LandedFile
from onco_etl.query import file_literal, literal, scalar
from onco_etl.whose import ABOUT

OTHER = "other"
# What DuckDB raises for a line that does not have the declared shape; anything else is not about the data. Where its
# message quotes a value cut off within a character, Python cannot decode the message.
REFUSALS = (duckdb.InvalidInputException, duckdb.ConversionException, UnicodeDecodeError)
_HEADER_COLUMNS = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": "STRUCT(versionId VARCHAR, lastUpdated VARCHAR)",
    # Whom it is about, whatever its shape.
    **dict.fromkeys(ABOUT, "JSON"),
}


def create(con: duckdb.DuckDBPyConnection, files: Sequence[LandedFile]) -> None:
    """Attach `incoming`, with its tables empty but for the `files` of the batch."""
    con.execute("ATTACH ':memory:' AS incoming")
    for table in (*tables(), OTHER):
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns_of(table).items())
        con.execute(f"CREATE TABLE incoming.{table} ({declared}, filename VARCHAR)")
    con.execute(
        """
        CREATE TABLE incoming.landed (filename VARCHAR, file_no INTEGER);
        CREATE TABLE incoming.only (file_no INTEGER, line BIGINT, entry INTEGER);
        CREATE TABLE incoming.place (filename VARCHAR, n BIGINT, file_no INTEGER, line BIGINT, entry INTEGER);
        CREATE TABLE incoming.refused (
            file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource_id VARCHAR,
            version_id VARCHAR, last_updated VARCHAR, reason VARCHAR, element VARCHAR, message VARCHAR
        );
        CREATE TABLE incoming.removed (
            file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource_id VARCHAR,
            last_updated VARCHAR, version_id VARCHAR
        );
        """
    )
    only = [f"({file.file_no}, {line}, {entry})" for file in files for line, entry in file.only or ()]
    if only:
        con.execute(f"INSERT INTO incoming.only VALUES {', '.join(only)}")
    if files:
        landed = ", ".join(f"({literal(str(file.path))}, {file.file_no})" for file in files)
        con.execute(f"INSERT INTO incoming.landed VALUES {landed}")


def table_for(resource_type: str | None) -> str:
    """The table of `incoming` that holds resources of this type."""
    supported = resource_type in fhir_schema.resource_types()
    return fhir_schema.table_name(resource_type) if supported and resource_type else OTHER


def tables() -> dict[str, str]:
    """Table of `incoming` -> resource type, for the supported types."""
    return {fhir_schema.table_name(name): name for name in fhir_schema.resource_types()}


def filled(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables of `incoming` that this batch has rows for."""
    return [t for t in (*tables(), OTHER) if scalar(con, f"SELECT count(*) FROM incoming.{t}")]


def columns_of(table: str) -> dict[str, str]:
    """Declared columns (name -> DuckDB type) of a table of `incoming`."""
    return _HEADER_COLUMNS if table == OTHER else fhir_schema.columns(tables()[table])


# SQL of version_id and last_updated of a resource that is not read, from its text.
VERSION_OF_JSON = "json ->> '$.meta.versionId' AS version_id, json ->> '$.meta.lastUpdated' AS last_updated"


class Reader:
    """The strict read: newline-delimited JSON with declared columns, appended to a table of `incoming`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, maximum_object_size: int) -> None:
        self.con = con
        self.maximum_object_size = maximum_object_size

    def append(self, table: str, paths: Iterable[Path]) -> None:
        """Append all lines of `paths`, or none: raises one of REFUSALS when any line is refused."""
        declared = ", ".join(f"'{name}': '{kind}'" for name, kind in columns_of(table).items())
        listed = ", ".join(map(file_literal, paths))
        self.con.execute(
            f"""
            INSERT INTO incoming.{table} BY NAME
            SELECT * FROM read_json([{listed}], format = 'newline_delimited', columns = {{{declared}}},
                                    filename = true, maximum_object_size = {self.maximum_object_size})
            """
        )
