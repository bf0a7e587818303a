"""Stage a landed batch: DuckDB reads it with declared columns and judges every line by that one rule."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

from onco_etl import fhir_schema, incoming, numbers, unpack
from onco_etl.landing import LandedFile, filled_lines
from onco_etl.query import literal, scalar

# Each needs buffers of twice the largest object.
_SIDE_BY_SIDE = 2


def stage(
    con: duckdb.DuckDBPyConnection, files: Sequence[LandedFile], *, scratch: Path, maximum_object_size: int
) -> list[LandedFile]:
    """Read `files` into `incoming`. What is refused lies in `incoming.refused`; nothing is dropped.

    Gives back the files with the layout that they turned out to have.

    A file of one type is read whole; a file that is mixed, holds Bundles or documents, or has a line that
    DuckDB refuses is taken apart first (see `unpack`), and its parts go through the same read.
    """
    incoming.create(con, files)
    reader = incoming.Reader(con, maximum_object_size)
    apart = [file for file in files if file.layout == "document" or file.resource_type in (None, "Bundle")]
    whole: dict[str, list[LandedFile]] = {}
    for file in files:
        if file not in apart:
            whole.setdefault(incoming.table_for(file.resource_type), []).append(file)
    # A compressed file is read by one thread, so types are read side by side, each by a cursor of its own.
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        for left in pool.map(lambda table: _read_beside(reader, table, whole[table]), whole):
            apart.extend(left)
    if apart:
        apart = unpack.unpack(reader, sorted(apart, key=lambda file: file.file_no), scratch)
    found = {file.file_no: file for file in (*files, *apart)}
    return list(found.values())


def _read_beside(reader: incoming.Reader, table: str, group: Sequence[LandedFile]) -> list[LandedFile]:
    with reader.con.cursor() as con:
        return _read_whole(incoming.Reader(con, reader.maximum_object_size), table, group)


def _read_whole(reader: incoming.Reader, table: str, group: Sequence[LandedFile]) -> list[LandedFile]:
    """Read files said to hold one type; give back those that must be taken apart."""
    try:
        reader.append(table, (file.path for file in group))
    except incoming.REFUSALS:
        if len(group) == 1:
            return list(group)
        return [left for file in group for left in _read_whole(reader, table, [file])]
    mixed = _mixed(reader.con, table)
    apart = [
        file
        for file in group
        if str(file.path) in mixed or numbers.may_be_booleans(table, file) or not _placed(reader.con, table, file)
    ]
    for file in apart:
        reader.con.execute(f"DELETE FROM incoming.{table} WHERE filename = {literal(str(file.path))}")
    return apart


def _mixed(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    """Files with a resource that belongs elsewhere (another type, a Bundle, or none at all)."""
    if table == incoming.OTHER:
        elsewhere = ", ".join(literal(name) for name in ("Bundle", *fhir_schema.resource_types()))
        wrong = f'"resourceType" IN ({elsewhere})'
    else:
        wrong = f'"resourceType" <> {literal(incoming.tables()[table])}'
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
