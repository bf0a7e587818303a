"""The vocabulary in use: an Athena download in a DuckDB file of its own, beside the workspace, replaced whole."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import structlog

from onco_etl import athena, cdm, workspace
from onco_etl.errors import InputError, StateError
from onco_etl.query import literal, scalar
from onco_etl.runs import timed

log = structlog.get_logger()

FILE = "vocabulary.duckdb"
TABLES = (*athena.REQUIRED, *athena.OPTIONAL)
# Within its database the file is attached under this name; the SELECTs read vocabulary_<table>, which also exist
# without one, as empty tables.
_CATALOG = "vocabulary"


@dataclass(frozen=True)
class Release:
    """A loaded vocabulary: its release, the hash of its content, rows per table, and the tables it came without."""

    release: str
    identity: str
    rows: dict[str, int]
    absent: tuple[str, ...]


def load(
    folder: Path, path: Path, *, release: str | None = None, memory_limit: str | None = None, threads: int | None = None
) -> Release:
    """Build `folder`/vocabulary.duckdb anew from the Athena download at `path` (zip or folder); all or nothing.

    The release is the version of vocabulary 'None'; `release` names it where the download does not. Raises
    InputError naming file, line and column; the vocabulary that was in use stays then.
    """
    download = athena.find(path)
    building = folder / f"building-{FILE}"
    # Not the scratch of the runs, which each run clears.
    scratch = folder / "scratch-vocabulary"
    _remove(building)
    try:
        with duckdb.connect(building) as con:
            building.chmod(0o600)
            con.execute(f"SET temp_directory = {literal(str(scratch))}; SET preserve_insertion_order = false")
            workspace.limit(con, memory_limit, threads)
            cdm.create_tables(con, "main", TABLES)
            for table in download.members:
                with timed("vocabulary table", table=table), download.open(table, scratch) as file:
                    _read(con, file)
            _check(con, download)
            select = _SELECT_MAPS_TO.format(concept_relationship="main.concept_relationship")
            con.execute(f"CREATE TABLE {_MAPS_TO} AS {select} ORDER BY concept_id")
            found = _describe(con, release, download)
        building.replace(folder / FILE)
    finally:
        _remove(building)
        shutil.rmtree(scratch, ignore_errors=True)
    log.info("vocabulary loaded", release=found.release, concepts=found.rows["concept"])
    return found


def in_use(folder: Path) -> Release | None:
    """The release that is loaded; None while there is only what comes with the software."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with duckdb.connect(path, read_only=True) as con:
            row = con.execute("SELECT release, identity, absent FROM release").fetchone()
            assert row is not None
            rows = con.execute("SELECT name, n FROM row_count ORDER BY name").fetchall()
    except duckdb.Error as error:
        raise StateError(f"{path}: cannot be read; load the vocabulary again") from error
    return Release(row[0], row[1], dict(rows), tuple(row[2]))


def attach(con: duckdb.DuckDBPyConnection, folder: Path | None = None) -> None:
    """Show the vocabulary of `folder` to this connection as vocabulary_concept, vocabulary_maps_to and so on.

    Without a loaded vocabulary, or a folder, these are empty: the SELECTs are the same.
    """
    path = folder / FILE if folder else None
    if path is not None and path.exists():
        con.execute(f"DETACH DATABASE IF EXISTS {_CATALOG}; ATTACH {literal(str(path))} AS {_CATALOG} (READ_ONLY)")
        for table in (*TABLES, _MAPS_TO):
            con.execute(f"CREATE OR REPLACE TEMP VIEW vocabulary_{table} AS FROM {_CATALOG}.main.{table}")
        return
    for table in TABLES:
        columns = ", ".join(f"NULL::{cdm.duckdb_type(field)} AS {field.name}" for field in cdm.fields()[table])
        con.execute(f"CREATE OR REPLACE TEMP VIEW vocabulary_{table} AS SELECT {columns} WHERE false")
    select = _SELECT_MAPS_TO.format(concept_relationship="vocabulary_concept_relationship")
    con.execute(f"CREATE OR REPLACE TEMP VIEW vocabulary_{_MAPS_TO} AS {select}")


# What resolution asks of the relationships: few of many.
_MAPS_TO = "maps_to"
_SELECT_MAPS_TO = """
SELECT concept_id_1 AS concept_id, concept_id_2 AS target_concept_id, relationship_id = 'Maps to value' AS is_value
FROM {concept_relationship}
WHERE relationship_id IN ('Maps to', 'Maps to value') AND invalid_reason IS NULL
"""


def _read(con: duckdb.DuckDBPyConnection, file: athena.VocabularyFile) -> None:
    """Insert the rows of a file into its table, with the types of the CDM."""
    kinds = {field.name: field.type for field in cdm.fields()[file.table]}
    declared = {"integer": "INTEGER", "float": "DOUBLE"}
    columns = ", ".join(f"'{name}': '{declared.get(kinds[name], 'VARCHAR')}'" for name in file.columns)
    quote = '"' if file.quoted else ""
    values = ", ".join(_value(file.table, name, kinds[name]) for name in cdm.columns(file.table))
    try:
        con.execute(
            f"""
            INSERT INTO main.{file.table}
            SELECT {values} FROM read_csv(
                {literal(str(file.path))}, auto_detect = false, header = true, delim = '{file.delimiter}',
                quote = '{quote}', escape = '{quote}', nullstr = '', columns = {{{columns}}}
            )
            """
        )
    except duckdb.Error as error:
        fault = athena.first_fault(file) or f"cannot be read: {str(error).splitlines()[0]}"
        raise InputError(f"{file.name}: {fault}") from None


def _value(table: str, name: str, kind: str) -> str:
    if kind == "date":
        # Required, so a text of neither form is refused by the column. (strptime takes ten times as long.)
        iso = f"{name}[1:4] || '-' || {name}[5:6] || '-' || {name}[7:8]"
        return f"try_cast(CASE length({name}) WHEN 8 THEN {iso} WHEN 10 THEN {name} END AS DATE)"
    return name if name in athena.required_columns(table) or not kind.startswith("varchar") else _named(table, name)


def _named(table: str, name: str) -> str:
    required = any(field.name == name and field.required for field in cdm.fields()[table])
    return f"coalesce({name}, '')" if required else name


def _check(con: duckdb.DuckDBPyConnection, download: athena.Download) -> None:
    """Refuse what is no whole vocabulary: a required table without rows, a concept twice."""
    for table in athena.REQUIRED:
        if not scalar(con, f"SELECT count(*) FROM main.{table}"):
            raise InputError(f"{download.path}: {download.members[table]} has a header and no row: truncated?")
    twice = con.execute("SELECT concept_id FROM main.concept GROUP BY ALL HAVING count(*) > 1 LIMIT 1").fetchone()
    if twice:
        raise InputError(f"{download.path}: {download.members['concept']}: concept_id {twice[0]} occurs twice")


def _describe(con: duckdb.DuckDBPyConnection, release: str | None, download: athena.Download) -> Release:
    """Write down which release this is; the hash of its rows says whether two loads are the same."""
    version = scalar(con, "SELECT any_value(vocabulary_version) FROM main.vocabulary WHERE vocabulary_id = 'None'")
    name = version or release
    if not name:
        raise InputError(
            f"{download.path}: {download.members['vocabulary']}: no version of vocabulary 'None', which names the "
            "release; name it with --release"
        )
    digest = hashlib.sha256(name.encode())
    rows = {}
    for table in TABLES:
        rows[table], content = con.execute(
            f"SELECT count(*), coalesce(sum(hash(t)::HUGEINT), 0)::VARCHAR FROM main.{table} AS t"
        ).fetchall()[0]
        digest.update(f"{table} {rows[table]} {content}\0".encode())
    found = Release(name, digest.hexdigest(), rows, download.absent)
    con.execute("CREATE TABLE release (release VARCHAR, identity VARCHAR, absent VARCHAR[], loaded TIMESTAMPTZ)")
    con.execute("INSERT INTO release VALUES ($1, $2, $3, now())", [name, found.identity, list(found.absent)])
    counts = ", ".join(f"('{table}', {n})" for table, n in rows.items())
    con.execute(f"CREATE TABLE row_count AS FROM (VALUES {counts}) AS t(name, n)")
    return found


def _remove(building: Path) -> None:
    for left in (building, building.with_name(f"{building.name}.wal")):
        left.unlink(missing_ok=True)
