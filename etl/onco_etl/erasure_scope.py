"""What of the workspace and the landing zone is a patient's: found before anything of it is erased."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from onco_etl import json_spans, landing
from onco_etl.landing import LandedFile
from onco_etl.query import literal, scalar
from onco_etl.redaction import entry_text, value_text
from onco_etl.settings import EtlSettings
from onco_etl.whose import ABOUT, Whose
from onco_etl.workspace import CLINICAL_TABLES

# Records that Patient.link ties to the first, in whichever direction, and those tied to them.
_LINKED = """
WITH RECURSIVE tie AS (
    SELECT f.resource AS one, coalesce(i.resource, f.target) AS other
    FROM state.reference AS f LEFT JOIN state.identifier AS i ON i.alias_key = f.target
    WHERE f.field = 'link.other'
),
either AS (SELECT one, other FROM tie UNION SELECT other, one FROM tie),
reached AS (
    SELECT $1 AS resource
    UNION
    SELECT e.other FROM reached AS r JOIN either AS e ON e.one = r.resource
)
SELECT resource FROM reached WHERE resource <> $1 AND contains(resource, '/Patient/') ORDER BY ALL
"""


@dataclass(frozen=True)
class Scope:
    """What an erasure takes: counts, and the other records of the person, as `Patient/2`, that Patient.link names.

    mentions: resources of others that name the patient otherwise than as the one they are about; they stay.
    """

    patients: tuple[str, ...]
    linked: tuple[str, ...]
    resources: dict[str, int]
    rows: int
    lines: int
    files: int
    mentions: int


def is_known(con: duckdb.DuckDBPyConnection, key: str) -> bool:
    """Whether a resource of this natural key was ever received, or is referred to."""
    named = literal(key)
    query = f"SELECT resource FROM state.ledger WHERE resource = {named} UNION ALL SELECT target FROM state.reference"
    return bool(scalar(con, f"SELECT EXISTS (SELECT resource FROM ({query}) WHERE resource = {named})"))


def find(con: duckdb.DuckDBPyConnection, settings: EtlSettings, key: str, *, linked: bool) -> tuple[Scope, Whose]:
    """Find what is the patient's of natural key `key`, with `linked` also what is that of the records linked to it.

    Leaves the temporary tables `erased` (resource), `erased_place` (run, file_no, line, entry) and `erased_alias` (the
    hashed identifiers by which they alone are referred to). Raises StateError when a batch cannot be read.
    """
    others = tuple(name for (name,) in con.execute(_LINKED, [key]).fetchall())
    patients = (key, *others) if linked else (key,)
    whose = _whose(con, settings, patients)
    con.execute("CREATE OR REPLACE TEMP TABLE erased_place (run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER)")
    for run, files in _landed(con, settings).items():
        places = [(run, file.file_no, line, entry) for file in files for line, entry in _places(con, run, file, whose)]
        _insert(con, "erased_place", places)
    _find_resources(con, patients)
    names = con.execute("SELECT substr(resource, instr(resource, '/') + 1) FROM erased").fetchall()
    theirs = replace(whose, resources=frozenset(name for (name,) in names))
    return _scope(con, patients, () if linked else others), theirs


def _whose(con: duckdb.DuckDBPyConnection, settings: EtlSettings, patients: tuple[str, ...]) -> Whose:
    """The ids of the patients, and the identifiers of every version of theirs that no other patient carries."""
    listed = ", ".join(map(literal, patients))
    found = con.execute(
        f"SELECT run, file_no, line, entry FROM state.ledger WHERE resource IN ({listed}) ORDER BY ALL"
    ).fetchall()
    landed = {(run, file.file_no): file for run, files in _landed(con, settings).items() for file in files}
    pairs = {
        pair
        for run, file_no, line, entry in found
        if (run, file_no) in landed
        for pair in _identifiers(landed[run, file_no], line, entry)
    }
    rows = con.execute(
        f"SELECT DISTINCT i.system, i.value FROM (SELECT unnest(identifier) AS i FROM staged.patient "
        f"WHERE resource IN ({listed})) WHERE i.value <> ''"
    ).fetchall()
    pairs |= {(system or "", value) for system, value in rows}
    con.execute("CREATE OR REPLACE TEMP TABLE erased_alias (system VARCHAR, value VARCHAR, alias_key VARCHAR)")
    _insert(con, "erased_alias (system, value)", sorted(pairs))
    source = literal(settings.source)
    con.execute(
        f"""
        UPDATE erased_alias
        SET alias_key = identifier_key({source}, 'Patient', struct_pack(system := system, value := value));

        -- What another patient carries, too, is not taken for theirs.
        DELETE FROM erased_alias
        WHERE alias_key IN (SELECT alias_key FROM state.identifier WHERE resource NOT IN ({listed}));
        """
    )
    own = con.execute("SELECT system, value FROM erased_alias").fetchall()
    servers = tuple(f"{server.rstrip('/')}/".lower() for server in settings.servers)
    return Whose(frozenset(key.split("/", 2)[2] for key in patients), frozenset(own), servers)


def _identifiers(file: LandedFile, line: int, entry: int) -> Iterator[tuple[str, str]]:
    """(system, value) of each identifier of the Patient at a place."""
    text = value_text(landing.raw_lines(file, {line}).get(line, b""), file.layout, line)
    try:
        found: Any = json.loads(entry_text(text, entry))
    except (ValueError, RecursionError):
        return
    found = found.get("resource", found) if isinstance(found, dict) else {}
    listed = found.get("identifier")
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("value"), str) and one["value"]:
            yield str(one.get("system") or ""), one["value"]


def _landed(con: duckdb.DuckDBPyConnection, settings: EtlSettings) -> dict[int, list[LandedFile]]:
    """Run -> the landed files of this source that are still there."""
    found = con.execute(
        f"""
        SELECT l.run, l.file_no, l.name, l.layout, l.lines FROM state.landed AS l JOIN state.run AS r USING (run)
        WHERE r.source = {literal(settings.source)} ORDER BY ALL
        """
    ).fetchall()
    files: dict[int, list[LandedFile]] = {}
    for run, file_no, name, layout, lines in found:
        path = settings.data / "landing" / f"{run:06d}" / f"{file_no:05d}.json.zst"
        if path.exists():
            files.setdefault(run, []).append(LandedFile(file_no, path, name, layout, None, lines))
    return files


def _places(con: duckdb.DuckDBPyConnection, run: int, file: LandedFile, whose: Whose) -> Iterator[tuple[int, int]]:
    """(line, entry) of what is theirs in a landed file."""
    found = con.execute(
        f"SELECT DISTINCT line, entry FROM state.quarantine WHERE run = {run} AND file_no = {file.file_no}"
    ).fetchall()
    refused: set[tuple[int, int]] = set(found)
    for line, text in _mentioning(file, whose):
        for entry in judge(text, whose, {entry for at, entry in refused if at == line}):
            yield line, entry


def _mentioning(file: LandedFile, whose: Whose) -> Iterator[tuple[int, bytes]]:
    """The lines of a file, or the values of a document, in which one of them may be named."""
    if file.layout == "lines":
        yield from landing.matching_lines(file, whose.needle)
        return
    content = landing.raw_lines(file, {1})[1]
    if not whose.needle.search(content):
        return
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        for number, (start, end) in enumerate(json_spans.values(text), start=1):
            yield number, text[start:end].encode()
    except (ValueError, RecursionError):
        yield 1, content


def judge(text: bytes, whose: Whose, refused: Iterable[int] = ()) -> set[int]:
    """The entries of a line that are theirs, 0 for all of it; of what was `refused`, that which mentions them."""
    try:
        decoded = text.decode("utf-8").lstrip("\ufeff")
        (_,) = json_spans.values(decoded)
        value = json.loads(decoded)
        found = set(whose.entries(decoded)) if _is_bundle(value) else {0} if whose.owns(value) else set()
    except (ValueError, RecursionError):
        return {0} if whose.is_mentioned(text) else set()
    return found | {entry for entry in refused if whose.is_mentioned(entry_text(text, entry))}


def _is_bundle(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[str | int, ...]]) -> None:
    listed = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    if listed:
        con.execute(f"INSERT INTO {table} VALUES {listed}")


def _find_resources(con: duckdb.DuckDBPyConnection, patients: tuple[str, ...]) -> None:
    """`erased`: the patients, and what is theirs now; `erased_place` gets every version of these.

    Of a resource that was said to be theirs and now is another's, only the versions that said so go.
    """
    listed = ", ".join(f"({literal(key)})" for key in patients)
    about = ", ".join(map(literal, ABOUT))
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE erased AS
        WITH named AS (FROM (VALUES {listed}) AS v(resource) UNION SELECT alias_key FROM erased_alias)
        SELECT resource FROM named WHERE NOT contains(resource, '?')
        UNION
        SELECT l.resource
        FROM state.ledger AS l SEMI JOIN erased_place AS p USING (run, file_no, line, entry)
        LEFT JOIN state.resource AS r USING (resource)
        LEFT JOIN erased_place AS c
            ON (c.run, c.file_no, c.line, c.entry) = (r.run, r.file_no, r.line, r.entry)
        WHERE l.resource IS NOT NULL AND (r.resource IS NULL OR r.deleted OR c.run IS NOT NULL)
        UNION
        SELECT f.resource FROM state.reference AS f SEMI JOIN named AS n ON n.resource = f.target
        WHERE f.field IN ({about});

        CREATE OR REPLACE TEMP TABLE erased_place AS
        FROM erased_place UNION
        SELECT run, file_no, line, entry FROM state.ledger SEMI JOIN erased USING (resource);
        """
    )


def _scope(con: duckdb.DuckDBPyConnection, patients: tuple[str, ...], linked: tuple[str, ...]) -> Scope:
    counts: Mapping[str, int] = dict(
        con.execute("SELECT split_part(resource, '/', 2), count(*) FROM erased GROUP BY ALL ORDER BY ALL").fetchall()
    )
    keys = "(SELECT k.id FROM keys.resource AS k SEMI JOIN erased AS e ON e.resource = k.row_key)"
    rows = " UNION ALL ".join(
        f"SELECT count(*) AS n FROM cdm.{table} WHERE _resource_key IN {keys}" for table in CLINICAL_TABLES
    )
    lines, files = con.execute("SELECT count(*), count(DISTINCT (run, file_no)) FROM erased_place").fetchall()[0]
    mentions = f"""
        SELECT count(DISTINCT f.resource) FROM state.reference AS f ANTI JOIN erased USING (resource)
        WHERE f.target IN ({", ".join(map(literal, patients))})
    """
    return Scope(
        tuple(key.partition("/")[2] for key in patients),
        tuple(key.partition("/")[2] for key in linked),
        dict(counts),
        scalar(con, f"SELECT sum(n)::BIGINT FROM ({rows})"),
        lines,
        files,
        scalar(con, mentions),
    )
