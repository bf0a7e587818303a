"""One night: receive a batch, map it, merge it, derive, publish. The way of the data, in order."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import structlog

from onco_etl import (
    concepts,
    derive,
    keys,
    landing,
    ledger,
    merge,
    quarantine,
    relations,
    replica,
    runs,
    sources,
    staging,
    versions,
    workspace,
)
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

# A row refers to rows of the tables before it; a person or visit that comes or goes changes what depends on it.
MERGE_ORDER = (
    "location",
    "care_site",
    "provider",
    "person",
    "visit_occurrence",
    "death",
    "condition_occurrence",
    "procedure_occurrence",
    "drug_exposure",
    "measurement",
    "observation",
    "fact_relationship",
)
_OTHERS_DEPEND_ON = ("care_site", "provider", "person", "visit_occurrence")


@dataclass(frozen=True)
class RunReport:
    """What a run received and published; `fates` counts received versions by fate."""

    run: int
    received: int
    fates: dict[str, int]
    published: Path


def init(settings: EtlSettings) -> None:
    """Create the private data folder with its workspace and secret; what exists is kept."""
    workspace.create(settings.data)
    secret = settings.data / "secret"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32) + "\n", encoding="ascii")


def sync(settings: EtlSettings, path: Path) -> RunReport:
    """Receive the FHIR files at `path` and bring workspace and published file up to date.

    Raises InputError with nothing changed when the path cannot be read; StateError when the data folder is
    missing or in use. A resource that cannot be read is quarantined and the rest goes on.
    """
    found = sources.find(path)
    with workspace.connect(settings.data) as con:
        run = runs.next_run(con, settings.data / "landing")
        folder = settings.data / "landing" / f"{run:06d}"
        landed = landing.land(found, folder, source=settings.source)
        log.info("landed", run=run, files=len(landed))
        with _scratch(settings.data, run) as scratch:
            with _timed("staged", run=run):
                _stage(con, landed, settings, scratch)
            define_macros(con, settings)
            with runs.transaction(con, run, kind="sync", source=settings.source, mapping_hash=mapping_hash()):
                _load(con, run, landed, settings, folder)
        con.execute("DETACH incoming")
        with _timed("published", run=run):
            published = replica.publish(con, settings.data / "published", run, keep=settings.published_keep)
        return _report(con, run, published)


def define_macros(con: duckdb.DuckDBPyConnection, settings: EtlSettings) -> None:
    """Set the hospital's timezone and today's date for the SELECTs."""
    secret = settings.data.joinpath("secret").read_text(encoding="ascii").strip()
    today = datetime.now(ZoneInfo(settings.timezone)).date()
    relations.define_macros(con, timezone=settings.timezone, secret=secret, extract_date=today)


def _stage(
    con: duckdb.DuckDBPyConnection, landed: tuple[landing.LandedFile, ...], settings: EtlSettings, scratch: Path
) -> None:
    staging.stage(con, landed, scratch=scratch, maximum_object_size=settings.maximum_object_size)


def _load(
    con: duckdb.DuckDBPyConnection,
    run: int,
    landed: tuple[landing.LandedFile, ...],
    settings: EtlSettings,
    folder: Path,
) -> None:
    """The transaction of a run: versions, concepts, mapping and merge, derived tables, ledger."""
    key_tables = ("resource", *workspace.CLINICAL_TABLES)
    before = keys.highest(con, key_tables)
    with _timed("versions", run=run):
        versions.receive(con, run, settings.source)
        for resource_type in workspace.LOOKED_UP:
            versions.touch_dependents(
                con, f"(SELECT resource FROM work.touched WHERE contains(resource, '/{resource_type}/'))"
            )
    with _timed("concepts", run=run):
        _load_reasons(con)
        concepts.load(con, block_start=settings.concept_block_start, site_map=settings.site_map)
        _load_vocabulary(con)
        exclude(con)
        concepts.resolve(con)
    map_and_merge(con, run)
    with _timed("derived", run=run):
        derive.derive(con, run)
    with _timed("ledger", run=run):
        ledger.settle(con)
        quarantine.record(con, run, landed, settings.validation_sample)
        ledger.count_unmapped(con)
    keys.log(con, before, folder / "keys")
    con.execute("UPDATE state.run SET received = (SELECT count(*) FROM version) WHERE run = $1", [run])
    con.execute("DELETE FROM work.touched; DELETE FROM work.excluded; DELETE FROM work.accepted")


def map_and_merge(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Map the touched resources table by table; where a person or visit came or went, its dependents as well."""
    mapped = set(relations.cdm_tables())
    for table in (table for table in MERGE_ORDER if table in mapped):
        with _timed("mapped", run=run, table=table):
            merge.merge(con, table, run)
            if table in _OTHERS_DEPEND_ON:
                _touch_dependents(con, table, run)


def exclude(con: duckdb.DuckDBPyConnection) -> None:
    """Fill `work.excluded` and `work.accepted` from the touched resources."""
    con.execute("DELETE FROM work.excluded; DELETE FROM work.accepted")
    for resource_type in staging.tables().values():
        con.execute(f"INSERT INTO work.excluded SELECT resource, reason FROM ({relations.exclusion(resource_type)})")
    con.execute(
        "INSERT INTO work.accepted SELECT resource FROM work.touched ANTI JOIN work.excluded USING (resource)"
    )


def _touch_dependents(con: duckdb.DuckDBPyConnection, table: str, run: int) -> None:
    """Touch what refers to rows of `table` that came or went in this run, and exclude or accept it too."""
    came = f"SELECT _resource_key, _row_id FROM cdm.{table} WHERE _run_from = {run}"
    went = f"SELECT _resource_key, _row_id FROM history.{table} WHERE _run_to = {run}"
    (before,) = con.execute("SELECT count(*) FROM work.touched").fetchone() or (0,)
    versions.touch_dependents(
        con,
        f"""(
            SELECT r.resource FROM state.resource AS r
            SEMI JOIN (
                SELECT coalesce(c._resource_key, w._resource_key) AS resource_key
                FROM ({came}) AS c FULL JOIN ({went}) AS w USING (_row_id)
                WHERE c._row_id IS NULL OR w._row_id IS NULL
            ) AS x USING (resource_key)
        )""",
    )
    (after,) = con.execute("SELECT count(*) FROM work.touched").fetchone() or (0,)
    if after > before:
        exclude(con)
        concepts.resolve(con)


def _load_reasons(con: duckdb.DuckDBPyConnection) -> None:
    path = str(files("onco_mappings").joinpath("reasons.csv"))
    con.execute("CREATE SCHEMA IF NOT EXISTS mapping")
    con.execute("CREATE OR REPLACE TABLE mapping.reason AS FROM read_csv($1, header = true, all_varchar = true)", [path])


def _load_vocabulary(con: duckdb.DuckDBPyConnection) -> None:
    """The slice of the vocabulary that rows and concept sets use."""
    for table, query in concepts.vocabulary_slice(con).items():
        con.execute(f"DELETE FROM cdm.{table}; INSERT INTO cdm.{table} BY NAME {query}")


def _report(con: duckdb.DuckDBPyConnection, run: int, published: Path) -> RunReport:
    fates = con.execute("SELECT fate, count(*) FROM state.ledger WHERE run = $1 GROUP BY ALL ORDER BY 1", [run])
    counts: dict[str, int] = dict(fates.fetchall())
    log.info("run complete", run=run, **counts)
    return RunReport(run, sum(counts.values()), counts, published)


@cache
def mapping_hash() -> str:
    """SHA-256 over every file of onco_mappings: the same hash maps the same way."""
    digest = hashlib.sha256()
    for name, content in sorted(_walk(files("onco_mappings"), "")):
        digest.update(name.encode())
        digest.update(content)
    return digest.hexdigest()


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found.extend(_walk(entry, f"{prefix}{entry.name}/"))
        elif entry.name.endswith((".yaml", ".csv", ".sql")):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


class _scratch:
    """A folder for the parts of a batch, removed at the end."""

    def __init__(self, data: Path, run: int) -> None:
        self.path = data / "scratch" / f"{run:06d}"

    def __enter__(self) -> Path:
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o700, parents=True)
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class _timed:
    """Log a step with its seconds."""

    def __init__(self, step: str, **context: object) -> None:
        self.step, self.context = step, context

    def __enter__(self) -> None:
        self.started = time.perf_counter()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            log.info(self.step, **self.context, seconds=round(time.perf_counter() - self.started, 2))
