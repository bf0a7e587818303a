"""Stage a landed batch: DuckDB reads it with declared columns and judges every line by that one rule.

Leaves an attached in-memory database `incoming`:

    <type>    one table per supported resource type: its declared elements, and the file read (`filename`)
    other     resources of types that are not mapped: type, id and meta only
    landed    filename -> file_no, for files read whole
    place     (filename, n) -> (file_no, line, entry) where the n-th row of a file is not its n-th line
    refused   what could not be read: file_no, line, entry, resource_type, resource_id, reason, element, message
    removed   deletions asked for by Bundle entries: file_no, line, entry, resource_type, resource_id, last_updated,
              version_id
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from onco_etl import fhir_schema
from onco_etl.landing import LandedFile, filled_lines
from onco_etl.query import literal, scalar

OTHER = "other"
# What DuckDB raises for a line that does not have the declared shape; anything else is not about the data.
REFUSALS = (duckdb.InvalidInputException, duckdb.ConversionException)
_HEADER_COLUMNS = {
    "resourceType": "VARCHAR",
    "id": "VARCHAR",
    "meta": "STRUCT(versionId VARCHAR, lastUpdated VARCHAR)",
}


def stage(
    con: duckdb.DuckDBPyConnection, files: Sequence[LandedFile], *, scratch: Path, maximum_object_size: int
) -> list[LandedFile]:
    """Read `files` into `incoming`. What is refused lies in `incoming.refused`; nothing is dropped.

    Gives back the files with the layout that they turned out to have.

    A file of one type is read whole; a file that is mixed, holds Bundles or documents, or has a line that
    DuckDB refuses is taken apart first (see `unpack`), and its parts go through the same read.
    """
    from onco_etl import unpack

    _create(con)
    landed = ", ".join(f"({literal(str(file.path))}, {file.file_no})" for file in files)
    con.execute(f"INSERT INTO incoming.landed VALUES {landed}")
    reader = Reader(con, maximum_object_size)
    apart = [file for file in files if file.layout == "document" or file.resource_type in (None, "Bundle")]
    whole: dict[str, list[LandedFile]] = {}
    for file in files:
        if file not in apart:
            whole.setdefault(table_for(file.resource_type), []).append(file)
    for table, group in whole.items():
        apart.extend(_read_whole(reader, table, group))
    if apart:
        apart = unpack.unpack(reader, sorted(apart, key=lambda file: file.file_no), scratch)
    found = {file.file_no: file for file in (*files, *apart)}
    return list(found.values())


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


class Reader:
    """The strict read: newline-delimited JSON with declared columns, appended to a table of `incoming`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, maximum_object_size: int) -> None:
        self.con = con
        self.maximum_object_size = maximum_object_size

    def append(self, table: str, paths: Iterable[Path]) -> None:
        """Append all lines of `paths`, or none: raises one of REFUSALS when any line is refused."""
        declared = ", ".join(f"'{name}': '{kind}'" for name, kind in columns_of(table).items())
        listed = ", ".join(literal(str(path)) for path in paths)
        self.con.execute(
            f"""
            INSERT INTO incoming.{table} BY NAME
            SELECT * FROM read_json([{listed}], format = 'newline_delimited', columns = {{{declared}}},
                                    filename = true, maximum_object_size = {self.maximum_object_size})
            """
        )


def _create(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("ATTACH ':memory:' AS incoming")
    for table in (*tables(), OTHER):
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns_of(table).items())
        con.execute(f"CREATE TABLE incoming.{table} ({declared}, filename VARCHAR)")
    con.execute(
        """
        CREATE TABLE incoming.landed (filename VARCHAR, file_no INTEGER);
        CREATE TABLE incoming.place (filename VARCHAR, n BIGINT, file_no INTEGER, line BIGINT, entry INTEGER);
        CREATE TABLE incoming.refused (
            file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource_id VARCHAR,
            reason VARCHAR, element VARCHAR, message VARCHAR
        );
        CREATE TABLE incoming.removed (
            file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource_id VARCHAR,
            last_updated VARCHAR, version_id VARCHAR
        );
        """
    )


def _read_whole(reader: Reader, table: str, group: Sequence[LandedFile]) -> list[LandedFile]:
    """Read files said to hold one type; give back those that must be taken apart."""
    try:
        reader.append(table, (file.path for file in group))
    except REFUSALS:
        if len(group) == 1:
            return list(group)
        return [left for file in group for left in _read_whole(reader, table, [file])]
    mixed = _mixed(reader.con, table)
    apart = [file for file in group if str(file.path) in mixed or not _placed(reader.con, table, file)]
    for file in apart:
        reader.con.execute(f"DELETE FROM incoming.{table} WHERE filename = {literal(str(file.path))}")
    return apart


def _mixed(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Files with a resource that belongs elsewhere (another type, a Bundle, or none at all)."""
    if table == OTHER:
        elsewhere = ", ".join(literal(name) for name in ("Bundle", *fhir_schema.resource_types()))
        wrong = f'"resourceType" IN ({elsewhere})'
    else:
        wrong = f'"resourceType" <> {literal(tables()[table])}'
    found = con.execute(
        f'SELECT DISTINCT filename FROM incoming.{table} WHERE "resourceType" IS NULL OR {wrong}'
    ).fetchall()
    return {filename for (filename,) in found}


def _placed(con: duckdb.DuckDBPyConnection, table: str, file: LandedFile) -> bool:
    """Whether each row of a file read whole has its line: blank lines are noted, a lost line is not accepted."""
    filename = literal(str(file.path))
    rows = scalar(con, f"SELECT count(*) FROM incoming.{table} WHERE filename = {filename}")
    if rows == file.lines:
        return True
    filled = filled_lines(file)
    if rows != len(filled):
        return False
    con.execute(
        """
        INSERT INTO incoming.place
        SELECT $filename, generate_subscripts($lines, 1), $file_no, unnest($lines), 0
        """,
        {"filename": str(file.path), "lines": filled, "file_no": file.file_no},
    )
    return True
