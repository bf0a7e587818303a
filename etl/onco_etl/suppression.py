"""Keep out who was erased: what arrives for them again is dropped, and taken out of the batch it came in.

Known of them is only a hash, keyed by the secret of the data folder, of each natural key that was theirs
(`state.suppressed`); so only who holds both can tell whether a given key is among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import fhir_schema, incoming, landing, redaction
from onco_etl.landing import LandedFile
from onco_etl.query import literal, scalar
from onco_etl.redaction import Place, entry_text, value_text
from onco_etl.whose import ABOUT, whom_it_is_about

REASON = "erased"
_NAMED = re.compile(rb"Patient\\?/([A-Za-z0-9._~-]{1,128})")
_TEXT = rb'("(?:[^"\\\n]|\\.)*")'
_IDENTIFIED = re.compile(rb'"system"\s*:\s*%b\s*,\s*"value"\s*:\s*%b' % (_TEXT, _TEXT))


def hashed(key: str) -> str:
    """SQL of the hash that stands for a natural key, given as SQL; the macros must be defined."""
    return f"sha256(getvariable('onco_secret') || chr(31) || 'suppressed' || chr(31) || {key})"


def suppress(con: duckdb.DuckDBPyConnection, patient: str) -> None:
    """Note the keys of the temporary tables `erased` and `erased_alias`, as those of the patient of that key."""
    con.execute(
        f"""
        INSERT INTO state.suppressed
        SELECT {hashed(literal(patient))}, h.hash FROM (
            SELECT {hashed("resource")} AS hash FROM erased UNION SELECT {hashed("alias_key")} FROM erased_alias
        ) AS h ANTI JOIN state.suppressed AS s USING (hash)
        """
    )


def is_suppressed(con: duckdb.DuckDBPyConnection, key: str) -> bool:
    """Whether what arrives for a natural key is dropped."""
    return bool(scalar(con, f"SELECT {hashed(literal(key))} IN (SELECT hash FROM state.suppressed)"))


def allow(con: duckdb.DuckDBPyConnection, patient: str) -> bool:
    """Let a patient's resources in again; whether they were kept out."""
    same = f"person IN (SELECT person FROM state.suppressed WHERE hash = {hashed(literal(patient))})"
    there = bool(scalar(con, f"SELECT count(*) FROM state.suppressed WHERE {same}"))
    con.execute(f"DELETE FROM state.suppressed WHERE {same}")
    return there


def drop(con: duckdb.DuckDBPyConnection, source: str, files: Sequence[LandedFile]) -> None:
    """Decide the fate of versions in `version` that are theirs: excluded, and nothing of them is kept but the place."""
    if not scalar(con, "SELECT count(*) FROM state.suppressed"):
        return
    con.execute("CREATE OR REPLACE TEMP TABLE told (version_row BIGINT, key VARCHAR)")
    con.execute("INSERT INTO told SELECT rowid, resource FROM version WHERE resource IS NOT NULL")
    con.execute("CREATE OR REPLACE TEMP TABLE beyond_columns (version_row BIGINT)")
    for table in incoming.filled(con):
        _tell_staged(con, table, source)
    _tell_by_text(con, source, files)
    _tell_refused(con, source, files)
    con.execute(
        f"""
        UPDATE version SET
            fate = 'excluded', reason = '{REASON}', resource = NULL, resource_id = NULL, version_id = NULL,
            version_no = NULL, last_updated = NULL, content = NULL, staged_row = NULL
        WHERE rowid IN (SELECT version_row FROM told WHERE {hashed("key")} IN (SELECT hash FROM state.suppressed))
        """
    )
    if _places(con):
        # DuckDB may write what lay in memory beside compressed texts (duckdb/duckdb#23382): not what came just now.
        con.execute("SET disabled_compression_methods = 'fsst,dictionary,dict_fsst'")


def _tell_staged(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """The patients that the staged rows of a type are about; `beyond_columns`: those of which only the text tells."""
    columns = incoming.columns_of(table)
    same_type = "coalesce(w.resource_type, '') NOT IN (" + ", ".join(map(literal, fhir_schema.resource_types())) + ")"
    if table != incoming.OTHER:
        same_type = f"w.resource_type = {literal(incoming.tables()[table])}"
    for element in (name for name in ABOUT if name in columns):
        reference = f'v."{element}"'
        whole = f"to_json({reference})"
        con.execute(
            f"""
            INSERT INTO beyond_columns
            SELECT w.rowid FROM version AS w JOIN incoming.{table} AS v ON v.rowid = w.staged_row
            WHERE {same_type} AND (starts_with({whole} ->> '$.reference', '#') OR json_type({whole}) = 'ARRAY')
            """
        )
        if columns[element] == "JSON":
            shape = '\'{"reference":"VARCHAR","type":"VARCHAR","identifier":{"system":"VARCHAR","value":"VARCHAR"}}\''
            reference = f"try_cast(json_transform({reference}, {shape}) AS STRUCT(reference VARCHAR, type VARCHAR, " + (
                "identifier STRUCT(system VARCHAR, value VARCHAR)))"
            )
        con.execute(
            f"""
            INSERT INTO told
            SELECT w.rowid, patient_key({literal(source)}, {reference})
            FROM version AS w JOIN incoming.{table} AS v ON v.rowid = w.staged_row WHERE {same_type}
            """
        )


def _tell_by_text(con: duckdb.DuckDBPyConnection, source: str, files: Sequence[LandedFile]) -> None:
    """The patients whom a resource is about as one of several, or as a contained one."""
    _tell(con, source, ((row, _about(text)) for row, text in _texts(con, files, "rowid IN (FROM beyond_columns)")))


def _tell_refused(con: duckdb.DuckDBPyConnection, source: str, files: Sequence[LandedFile]) -> None:
    """The patients that are named anywhere in what could not be read, or not be accepted."""
    refused = "staged_row IS NULL AND fate IS NOT NULL OR fate = 'quarantined'"
    _tell(con, source, ((row, _mentioned(text)) for row, text in _texts(con, files, refused)))


def _tell(con: duckdb.DuckDBPyConnection, source: str, found: Iterable[tuple[int, list[Mapping[str, Any]]]]) -> None:
    """Put the patients to whom References point into `told`, each with its row of `version`."""
    theirs = [f"({row}, {_reference(one)})" for row, references in found for one in references]
    if theirs:
        con.execute(
            f"""
            INSERT INTO told
            SELECT version_row, patient_key({literal(source)}, reference)
            FROM (VALUES {", ".join(theirs)}) AS v(version_row, reference)
            """
        )


def _about(text: bytes) -> list[Mapping[str, Any]]:
    """Whom the resource of a line, or of an entry of a Bundle, is about; of what Python cannot read, who is named."""
    try:
        found = json.loads(text.decode("utf-8").lstrip("\ufeff"))
        return list(whom_it_is_about(found if "resourceType" in found else found["resource"]))
    except (ValueError, RecursionError):
        return _mentioned(text)


def _mentioned(text: bytes) -> list[Mapping[str, Any]]:
    """References to the patients, and identifiers of anybody, that a text names."""
    return [
        *({"reference": f"Patient/{name.decode()}"} for name in sorted(set(_NAMED.findall(text)))),
        *(
            {"identifier": {"system": _text(system), "value": _text(value)}}
            for system, value in sorted(set(_IDENTIFIED.findall(text)))
        ),
    ]


def _text(quoted: bytes) -> str | None:
    """What a JSON text says; None where it is none."""
    try:
        return str(json.loads(quoted))
    except ValueError:
        return None


def _reference(one: Mapping[str, Any]) -> str:
    """SQL of a Reference."""
    identifier = one.get("identifier")
    within = _packed(identifier if isinstance(identifier, dict) else {}, "system", "value")
    return f"struct_insert({_packed(one, 'reference', 'type')}, identifier := {within})"


def _packed(values: Mapping[str, Any], *names: str) -> str:
    told = ((name, values.get(name)) for name in names)
    # No key holds a NUL, nor does SQL.
    texts = {name: value if isinstance(value, str) and "\0" not in value else None for name, value in told}
    return f"struct_pack({', '.join(f'{name} := {literal(text)}::VARCHAR' for name, text in texts.items())})"


def _texts(con: duckdb.DuckDBPyConnection, files: Sequence[LandedFile], which: str) -> Iterator[tuple[int, bytes]]:
    """(row, text as received) of rows of `version`."""
    landed = {file.file_no: file for file in files}
    lines: dict[int, list[tuple[int, int, int]]] = {}
    for row, file_no, line, entry in con.execute(
        f"SELECT rowid, file_no, line, entry FROM version WHERE {which}"
    ).fetchall():
        lines.setdefault(file_no, []).append((row, line, entry))
    for file_no, places in lines.items():
        layout = landed[file_no].layout
        texts = landing.raw_lines(landed[file_no], {line for _, line, _ in places})
        for row, line, entry in places:
            yield row, entry_text(value_text(texts.get(line, b""), layout, line), entry)


def take_out(con: duckdb.DuckDBPyConnection, run: int, files: Sequence[LandedFile], folder: Path) -> None:
    """Take what was dropped out of the batch just landed in `folder`; a file that holds nothing else loses its name."""
    places = _places(con)
    if not places:
        return
    emptied = {number for (number,) in con.execute(_EMPTIED).fetchall()}
    names = {f.file_no: (redaction.UNNAMED if f.file_no in emptied else f.name, f.layout) for f in files}
    redaction.remove(folder, places, why=REASON, files=names)
    listed = ", ".join(map(str, emptied)) or "NULL"
    con.execute(f"UPDATE state.landed SET name = '{redaction.UNNAMED}' WHERE run = {run} AND file_no IN ({listed})")


_EMPTIED = f"SELECT file_no FROM version GROUP BY file_no HAVING bool_and(coalesce(reason, '') = '{REASON}')"


def _places(con: duckdb.DuckDBPyConnection) -> list[Place]:
    found = con.execute(f"SELECT file_no, line, entry FROM version WHERE reason = '{REASON}' ORDER BY ALL")
    return [Place(*place) for place in found.fetchall()]
