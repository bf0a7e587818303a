"""The workspace: one DuckDB file that holds the truth. One writer; a run is one transaction on it.

state     workspace (which tables it has), run, site, landed, ledger (one fate per received version), quarantine,
              finding, resource (current versions), reference, identifier (hashed), alias (whom a replaced patient or an
              identifier stands for), excluded, held; worklists: unmapped_code, unmapped_text,
              not_understood, undated_death; starter_check (maps held against the vocabulary);
              quality (results of the checks, per run); erasure (that something was erased, not whose), erasing (the
              plan of one under way), suppressed (hashes of what was erased), forgotten (places that the retention
              took out of the landing zone), opted_out (records of patients),
              listed_out (who is on the list of a source), known_file (hashes of what the files of an inbox held)
keys      natural key -> integer, one table and one sequence per CDM table, and for resources; never reused
staged    current resources, one table per type, as declared in mappings/fhir
work      what the present run touches
touched   staged resources that the run maps again; the exclusions read these
fhir      of those, the ones not excluded; the SELECTs of mappings/sql/cdm read these
cdm       OMOP CDM v5.4, each row with its lineage (_resource_key, _slot, _derivation, _row_id, _run_from)
history   rows of cdm that were replaced, with the run until which they were known (_run_to); of the vocabulary, the
              rows that a change of maps began or ended
results   what the registries computed
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from onco_etl import cdm, fhir_schema, lock, vocabulary_history
from onco_etl.errors import InUseError, StateError
from onco_etl.query import literal

FILE = "workspace.duckdb"
SECRET = "secret"
# Tables whose rows come from resources or are derived from them; the vocabulary and results are kept apart.
CLINICAL_TABLES = tuple(t for t in cdm.fields() if t not in (*cdm.VOCABULARY_TABLES, *cdm.RESULTS_TABLES))
LINEAGE = (
    ("_resource_key", "INTEGER"),
    ("_slot", "VARCHAR"),
    ("_derivation", "VARCHAR"),
    ("_row_id", "INTEGER"),
    ("_run_from", "INTEGER"),
)
# Tables of `state` that tell what the landing zone does not: a rebuild keeps them.
KEPT = ("recompute", "quality", "erasure", "erasing", "suppressed", "forgotten", "listed_out", "known_file")
# Looked up by others, so the newest of all of them is seen, touched or not.
LOOKED_UP = ("Medication",)
# The largest `integer` of the OMOP CDM.
INTEGER_MAX = 2**31 - 1
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Only this program reads the workspace, so it may use the newest, faster compression of texts.
    "storage_compatibility_version": "latest",
    # With these DuckDB 1.5 fails, or gives wrong results, now and then (docs/decisions/0011).
    "disabled_optimizers": "join_filter_pushdown,common_subplan,top_n_window_elimination",
}

_STATE = """
CREATE SCHEMA IF NOT EXISTS state; CREATE SCHEMA IF NOT EXISTS keys; CREATE SCHEMA IF NOT EXISTS staged;
CREATE SCHEMA IF NOT EXISTS work; CREATE SCHEMA IF NOT EXISTS touched; CREATE SCHEMA IF NOT EXISTS fhir;
CREATE SCHEMA IF NOT EXISTS history; CREATE SCHEMA IF NOT EXISTS results;
CREATE TABLE IF NOT EXISTS state.workspace (shape VARCHAR);
CREATE TABLE IF NOT EXISTS state.run (
    run INTEGER, kind VARCHAR, source VARCHAR, started TIMESTAMPTZ, finished TIMESTAMPTZ, status VARCHAR,
    received BIGINT, unmapped_codes BIGINT, message VARCHAR, mapping_hash VARCHAR, vocabulary_release VARCHAR
);
CREATE TABLE IF NOT EXISTS state.site (holder VARCHAR, timezone VARCHAR);
CREATE TABLE IF NOT EXISTS state.landed (
    run INTEGER, file_no INTEGER, name VARCHAR, layout VARCHAR, lines BIGINT
);
CREATE TABLE IF NOT EXISTS state.ledger (
    run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource VARCHAR,
    version_id VARCHAR, last_updated TIMESTAMPTZ, fate VARCHAR, reason VARCHAR
);
CREATE TABLE IF NOT EXISTS state.quarantine (
    run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource VARCHAR,
    reason VARCHAR, element VARCHAR, message VARCHAR, settled INTEGER
);
CREATE TABLE IF NOT EXISTS state.finding (
    run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, element VARCHAR, message VARCHAR
);
CREATE TABLE IF NOT EXISTS state.unmapped_code (
    cdm_table VARCHAR, field VARCHAR, source_value VARCHAR, "count" BIGINT
);
CREATE TABLE IF NOT EXISTS state.unmapped_text (
    used_as VARCHAR, source_value VARCHAR, system VARCHAR, vocabulary_id VARCHAR, code VARCHAR, wording VARCHAR
);
CREATE TABLE IF NOT EXISTS state.starter_check (
    vocabulary_id VARCHAR, concept_code VARCHAR, aspect VARCHAR, starter VARCHAR, vocabulary VARCHAR, disagrees BOOLEAN
);
CREATE TABLE IF NOT EXISTS state.resource (
    resource VARCHAR, resource_key INTEGER, resource_type VARCHAR, version_id VARCHAR, last_updated TIMESTAMPTZ,
    run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER, content UBIGINT, deleted BOOLEAN
);
CREATE TABLE IF NOT EXISTS state.reference (resource VARCHAR, field VARCHAR, target VARCHAR);
CREATE TABLE IF NOT EXISTS state.identifier (resource VARCHAR, alias_key VARCHAR);
CREATE TABLE IF NOT EXISTS state.alias (alias_key VARCHAR, stands_for VARCHAR);
CREATE TABLE IF NOT EXISTS state.excluded (resource VARCHAR, reason VARCHAR);
CREATE TABLE IF NOT EXISTS state.not_understood (
    resource VARCHAR, resource_type VARCHAR, reason VARCHAR, url VARCHAR
);
CREATE TABLE IF NOT EXISTS state.undated_death (resource VARCHAR, person_id INTEGER);
CREATE TABLE IF NOT EXISTS state.held (resource_key INTEGER, cdm_table VARCHAR, row_key VARCHAR, waiting_for VARCHAR);
CREATE TABLE IF NOT EXISTS state.quality (
    run INTEGER, check_name VARCHAR, category VARCHAR, severity VARCHAR, cdm_table VARCHAR, field VARCHAR,
    examined BIGINT, violations BIGINT, share DOUBLE, threshold DOUBLE, status VARCHAR, previous_share DOUBLE,
    trend VARCHAR
);
CREATE TABLE IF NOT EXISTS state.erasure (
    run INTEGER, begun TIMESTAMPTZ, finished TIMESTAMPTZ, resources BIGINT, lines BIGINT, files BIGINT
);
CREATE TABLE IF NOT EXISTS state.erasing (
    resource VARCHAR, run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER
);
CREATE TABLE IF NOT EXISTS state.suppressed (person VARCHAR, hash VARCHAR);
CREATE TABLE IF NOT EXISTS state.known_file (source VARCHAR, name VARCHAR, content VARCHAR);
CREATE TABLE IF NOT EXISTS state.forgotten (run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER);
CREATE TABLE IF NOT EXISTS state.opted_out (resource VARCHAR);
CREATE TABLE IF NOT EXISTS state.listed_out (source VARCHAR, patient VARCHAR);
CREATE TABLE IF NOT EXISTS state.recompute (
    run INTEGER, registry VARCHAR, data_cut DATE, as_of_run INTEGER, hash VARCHAR
);
"""


_WORK = """
CREATE OR REPLACE TABLE work.touched (resource VARCHAR, resource_key INTEGER);
CREATE OR REPLACE TABLE work.person (person_id INTEGER);
"""


def create(folder: Path) -> None:
    """Create the data folder (0700) with an empty workspace; an existing one is left as it is."""
    for part in ("landing", "bulletins"):
        folder.joinpath(part).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    with connect(folder, must_exist=False) as con:
        create_schema(con)


def secret(folder: Path) -> str:
    """What keys the hashes of free texts; raises StateError where the data folder has lost it."""
    file = folder / SECRET
    if not file.exists():
        raise StateError(f"{file}: missing, and the workspace needs it; put it back from a backup")
    return file.read_text(encoding="ascii").strip()


def refuse_lost(folder: Path) -> None:
    """Raise StateError where there is no workspace although the landing zone holds what was received."""
    if not folder.joinpath(FILE).exists() and _has_landed(folder):
        raise StateError(f"{folder}: no workspace here; {_remedy(folder)}")


def _remedy(folder: Path) -> str:
    if _has_landed(folder):
        return (
            f"the landing zone has what was received: put {FILE} back from a backup, "
            "or make it anew with `onco-registry rebuild`"
        )
    return "create one with `onco-registry init`"


def _has_landed(folder: Path) -> bool:
    zone = folder / "landing"
    return zone.is_dir() and any(one.name.isdigit() for one in zone.iterdir())


def connect(
    folder: Path, *, read_only: bool = False, must_exist: bool = True, file: str = FILE, any_shape: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open the workspace in `folder`; raises StateError when it is missing, of another release, or in use.

    `any_shape`: also one whose tables are not those of this release.
    """
    path = folder / file
    if "?" in str(path):
        raise StateError(f"{folder}: the path must not hold a question mark, which DuckDB takes for the end of it")
    if must_exist and not path.exists():
        raise StateError(f"{folder}: no workspace here; {_remedy(folder)}")
    try:
        con = duckdb.connect(path, read_only=read_only, config=CONFIG)
    except duckdb.Error as error:
        if "Could not set lock on file" in str(error):
            by = lock.holder(folder) or "another run"
            raise InUseError(f"{path}: in use by {by}; try again when it has ended") from None
        fault = f"{storage_fault(error) or 'cannot be opened'}; see who may read and write it"
        raise StateError(f"{path}: {fault}; what is damaged, `onco-registry rebuild` makes anew") from error
    con.execute(f"SET temp_directory = {literal(str(folder / 'scratch'))}")
    if must_exist and not any_shape and shape_of(con) != shape():
        con.close()
        raise StateError(
            f"{path}: its tables are those of another release; run `onco-registry rebuild` "
            "(a `sync` of this release takes over those of the one before)"
        )
    return con


def limit(con: duckdb.DuckDBPyConnection, memory_limit: str | None, threads: int | None) -> None:
    """Bound DuckDB's memory (beyond it the disk is used) and its threads; None leaves its defaults.

    What a connection holds beside DuckDB's buffers, some hundred MB, is not counted by `memory_limit`.
    """
    if memory_limit:
        con.execute(f"SET memory_limit = {literal(memory_limit)}")
    if threads:
        con.execute(f"SET threads = {threads}")


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """A full disk, or a damaged or read-only file, within is a StateError; what was committed stays."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if (fault := storage_fault(error)) is None:
            raise
        raise StateError(
            f"{folder}: {fault}; the last state stays. See to the disk and run again; "
            "`onco-registry rebuild` makes a damaged workspace anew"
        ) from error


def storage_fault(error: BaseException) -> str | None:
    """In words, where an error is about the disk and not about data: never what was read or written."""
    if isinstance(error, OSError):
        return f"{error.filename or 'the disk'}: {error.strerror or type(error).__name__}"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "memory, or the room for temporary files, is used up"
    known = (
        "No space left on device", "File too large", "Read-only file system", "Permission denied",
        "Corrupt database file",
    )  # fmt: skip
    said = next((words for words in known if words in str(error)), None)
    # A commit that cannot be written is a TransactionException, as is one that other rules forbid.
    if isinstance(error, duckdb.TransactionException):
        return said
    if isinstance(error, duckdb.IOException | duckdb.FatalException):
        return said or "cannot be read or written"
    return None


@cache
def shape() -> str:
    """What the tables of a workspace depend on, as a hash: those of this file, the CDM, the elements that are read."""
    described = (_STATE, LINEAGE, vocabulary_history.TABLES, cdm.fields(), fhir_schema.selections())
    return hashlib.sha256(repr(described).encode()).hexdigest()[:16]


def shape_of(con: duckdb.DuckDBPyConnection) -> str | None:
    """The hash of the tables that a workspace was created with; None where it says nothing."""
    try:
        found = con.execute("SELECT shape FROM state.workspace").fetchone()
    except duckdb.CatalogException:
        return None
    return None if found is None else str(found[0])


def clear_work(con: duckdb.DuckDBPyConnection) -> None:
    """Empty the tables of `work`: what a run touched is of no use after it."""
    con.execute(_WORK)


def create_schema(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas and tables of a workspace where they are missing."""
    con.execute("BEGIN")
    add_missing(con)
    con.execute(f"INSERT INTO state.workspace SELECT '{shape()}' WHERE NOT EXISTS (FROM state.workspace)")
    con.execute("COMMIT")


def add_missing(con: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing of the tables of this release; what is there stays as it is."""
    con.execute(_STATE)
    clear_work(con)
    cdm.create_tables(con)
    for table in CLINICAL_TABLES:
        for name, kind in LINEAGE:
            con.execute(f"ALTER TABLE cdm.{table} ADD COLUMN IF NOT EXISTS {name} {kind}")
        con.execute(f"CREATE TABLE IF NOT EXISTS history.{table} AS FROM cdm.{table} WITH NO DATA")
        con.execute(f"ALTER TABLE history.{table} ADD COLUMN IF NOT EXISTS _run_to INTEGER")
    vocabulary_history.create(con)
    for table in ("resource", *CLINICAL_TABLES):
        con.execute(f"CREATE SEQUENCE IF NOT EXISTS keys.{table}_seq MAXVALUE {INTEGER_MAX}")
        con.execute(f"CREATE TABLE IF NOT EXISTS keys.{table} (row_key VARCHAR, id INTEGER)")
    for resource_type in fhir_schema.resource_types():
        create_staged(con, resource_type)


def create_staged(con: duckdb.DuckDBPyConnection, resource_type: str) -> None:
    """Create the table of the staged resources of a type where it is missing."""
    table = fhir_schema.table_name(resource_type)
    declared = ", ".join(f'"{name}" {kind}' for name, kind in fhir_schema.columns(resource_type).items())
    con.execute(
        f"""
        CREATE TABLE IF NOT EXISTS staged.{table} (
            resource VARCHAR, source VARCHAR, resource_id VARCHAR, {declared}
        )
        """
    )
