"""One night: receive a batch, map it, merge it, derive, publish. The way of the data, in order."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import structlog

from onco_etl import (
    aliases,
    cdm_source,
    changes,
    compaction,
    derive,
    erasure_tables,
    keys,
    known_files,
    landing,
    ledger,
    mapping,
    migrations,
    opt_out,
    quality,
    quarantine,
    replica,
    retention,
    runs,
    sources,
    staging,
    suppression,
    touched,
    unmapped,
    versions,
    worklist,
    workspace,
)
from onco_etl import replay as replaying
from onco_etl.errors import ConfigurationError, InputError
from onco_etl.query import scalar
from onco_etl.runs import ERASE, timed
from onco_etl.settings import EtlSettings

log = structlog.get_logger()


@dataclass(frozen=True)
class RunReport:
    """What a run received and published; `fates` counts received versions by fate."""

    run: int
    received: int
    fates: dict[str, int]
    published: Path


@dataclass(frozen=True)
class Preview:
    """What a sync would do: received versions by fate, and per CDM table the rows that begin and end."""

    received: int
    fates: dict[str, int]
    changed: list[dict[str, object]]


def init(settings: EtlSettings) -> None:
    """Create the private data folder with its secret and workspace, and the published folder; what exists is kept.

    Raises StateError where there is a workspace and its secret is gone: another one would hash everything differently;
    and where the workspace is gone although something was received: an empty one would number every patient anew.
    ConfigurationError where a file stands in the place of a folder.
    """
    for setting, folder in (("data", settings.data), ("published", settings.published_folder)):
        if folder.exists() and not folder.is_dir():
            raise ConfigurationError(f"{setting}: {folder}: a file; it has to be a folder")
    workspace.refuse_lost(settings.data)
    secret = settings.data / workspace.SECRET
    if settings.data.joinpath(workspace.FILE).exists():
        workspace.secret(settings.data)
    elif not secret.exists():
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    workspace.create(settings.data)
    settings.published_folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def sync(settings: EtlSettings, path: Path) -> RunReport:
    """Receive the FHIR files at `path` and bring workspace and published file up to date.

    Raises InputError with nothing changed when the path cannot be read; StateError when the data folder is
    missing or in use. A resource that cannot be read is quarantined and the rest goes on.
    """
    found = sources.find(path)
    with opened(settings) as con:
        return _run(con, settings, "sync", found)


def sync_inbox(settings: EtlSettings, folder: Path) -> RunReport:
    """Receive the files of `folder` that are not as they were when they were last received.

    Where there are none it is a run that receives nothing. Raises as `sync` does.
    """
    found = sources.find(folder)
    with opened(settings) as con:
        new = known_files.changed(con, workspace.secret(settings.data), settings.source, found)
        if known := len(found) - len(new):
            log.info("known already", files=known)
        return _run(con, settings, "sync" if new else "remap", new, remember=True)


def preview(settings: EtlSettings, path: Path | None) -> Preview:
    """What `sync` of the files at `path`, or `remap` where there is none, would do.

    All of it is done, up to the commit, and taken back. Raises as `sync` does.
    """
    found = () if path is None else sources.find(path)
    with opened(settings) as con, _scratch(settings.data / "scratch" / "preview") as folder:
        run = runs.next_run(con, settings.data / "landing")
        landed: tuple[landing.LandedFile, ...] = ()
        if found:
            landed = landing.land(found, folder / "landed", source=settings.source, limits=_limits(settings))
        with (
            _staged(con, settings, run, landed, mapping.today(settings.timezone)) as read,
            _transaction(con, settings, run, "sync", rehearsal=True),
        ):
            _update(con, run, read, settings, kind="sync")
            fates = _fates(con, run)
            changed = changes.by_table(con, run)
    return Preview(sum(fates.values()), fates, changed)


def remap(settings: EtlSettings) -> RunReport:
    """Map all current resources again where maps, SELECTs, vocabulary or settings are not those of the last run.

    Receives nothing. Raises StateError as `sync` does.
    """
    with opened(settings) as con:
        return _run(con, settings, "remap", ())


def replay(settings: EtlSettings) -> RunReport:
    """Receive once more, from the landing zone, every line of this source that is open in quarantine.

    What is accepted now is mapped; what is not stays in quarantine, under the new run. Raises StateError.
    """
    with opened(settings) as con, _scratch(settings.data / "scratch" / "replay") as folder:
        return _run(con, settings, "replay", replaying.open_files(con, settings.data, folder, settings.source))


@contextmanager
def opened(settings: EtlSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace, for this process alone, with the tables of this release; what a killed run left half done goes.

    Raises StateError when the workspace cannot be used, or when the disk is full; what was committed stays.
    """
    with workspace.guarded(settings.data), _connected(settings.data) as con:
        workspace.limit(con, settings.memory_limit, settings.threads)
        shutil.rmtree(settings.data / "scratch", ignore_errors=True)
        suppressing = bool(scalar(con, "SELECT count(*) FROM state.suppressed"))
        landing.clear(settings.data / "landing", complete=runs.complete(con), only_complete=suppressing)
        yield con


def _connected(data: Path) -> duckdb.DuckDBPyConnection:
    migrations.migrate(data)
    return workspace.connect(data)


def _run(
    con: duckdb.DuckDBPyConnection,
    settings: EtlSettings,
    kind: str,
    found: tuple[sources.InputFile, ...],
    *,
    remember: bool = False,
) -> RunReport:
    """One run from landing to publishing; it may remember its files, so that they are known as long as they stay."""
    run = runs.next_run(con, settings.data / "landing")
    folder = settings.data / "landing" / f"{run:06d}"
    landed: tuple[landing.LandedFile, ...] = ()
    if found:
        runs.warn_of_new_source(con, settings.source)
        runs.begin(con, run, kind=kind, source=settings.source)
        try:
            landed = landing.land(found, folder, source=settings.source, limits=_limits(settings))
        except InputError:
            runs.forget(con, run)
            raise
        log.info("landed", run=run, files=len(landed))
    day = mapping.today(settings.timezone)
    load(con, settings, run, landed, kind=kind, day=day, key_log=folder / "keys", remember=remember)
    landing.mark_complete(folder)
    if settings.check_every_sync:
        quality.check(con, settings.data)
    with timed("published", run=run):
        published = replica.publish(con, settings.published_folder, run, keep=settings.published_keep)
    with timed("retained", run=run):
        retention.apply(con, settings)
    with timed("compacted", run=run):
        compaction.compact(con)
    return _report(con, run, published)


def load(
    con: duckdb.DuckDBPyConnection,
    settings: EtlSettings,
    run: int,
    landed: Sequence[landing.LandedFile],
    *,
    kind: str,
    day: date,
    key_log: Path | None = None,
    remember: bool = False,
) -> None:
    """Stage landed files and bring the workspace up to date with them, as `run` of the hospital's date `day`.

    The keys that it assigns are written to the folder `key_log`, where one is given; `remember`: as `known_files`.
    """
    with _staged(con, settings, run, landed, day) as read, _transaction(con, settings, run, kind):
        before = keys.highest(con)
        _update(con, run, read, settings, kind=kind)
        if remember:
            known_files.remember(con, workspace.secret(settings.data), settings.source, landed)
        if landed:
            suppression.take_out(con, run, read, landed[0].path.parent)
        if key_log:
            keys.log(con, before, key_log)


@contextmanager
def _staged(
    con: duckdb.DuckDBPyConnection, settings: EtlSettings, run: int, landed: Sequence[landing.LandedFile], day: date
) -> Iterator[list[landing.LandedFile]]:
    """Landed files in the database `incoming`, and the macros of this site and day; the files as they were read."""
    with _scratch(settings.data / "scratch" / f"{run:06d}") as scratch:
        with timed("staged", run=run):
            read = staging.stage(con, landed, scratch=scratch, maximum_object_size=settings.maximum_object_size)
        mapping.define_macros(con, settings, day)
        yield read
    con.execute("DETACH incoming")


def _transaction(
    con: duckdb.DuckDBPyConnection, settings: EtlSettings, run: int, kind: str, *, rehearsal: bool = False
) -> AbstractContextManager[None]:
    inputs = mapping.mapping_hash(settings)
    return runs.transaction(con, run, kind=kind, source=settings.source, mapping_hash=inputs, rehearsal=rehearsal)


def _limits(settings: EtlSettings) -> landing.Limits:
    return landing.Limits(line=settings.maximum_object_size, file=settings.maximum_file_size)


def _update(
    con: duckdb.DuckDBPyConnection, run: int, landed: Sequence[landing.LandedFile], settings: EtlSettings, *, kind: str
) -> None:
    """The transaction of a run: versions, concepts, mapping and merge, derived tables, ledger."""
    with timed("versions", run=run):
        versions.receive(con, run, settings.source, landed)
        if kind == ERASE:
            erasure_tables.withdraw(con)
        versions.touch_open_stays(con)
        aliases.update(con)
        opt_out.update(con, settings.source, settings.opt_out_list)
        for resource_type in versions.LOOKED_INTO:
            targets = f"(SELECT resource FROM work.touched WHERE contains(resource, '/{resource_type}/'))"
            versions.touch_dependents(con, targets)
    with timed("concepts", run=run):
        # What an erased code looked like, nothing else tells: the texts of the others are noted again.
        mapping.prepare(con, settings, anew=kind == ERASE)
    mapping.map_and_merge(con, run)
    with timed("derived", run=run):
        derive.derive(con, run, observation_gap_days=settings.observation_gap_days, rules=settings.episodes)
    with timed("ledger", run=run):
        ledger.settle(con)
        quarantine.record(con, run, landed, settings.validation_sample)
        unmapped.count(con)
        worklist.list_undated_deaths(con)
        cdm_source.note_site(con, settings)
        if kind == ERASE:
            erasure_tables.purge(con, run)
    con.execute(
        f"""
        UPDATE state.run SET
            received = (SELECT count(*) FROM version), unmapped_codes = (SELECT count(*) FROM state.unmapped_code)
        WHERE run = {run}
        """
    )
    touched.clear(con)


def _report(con: duckdb.DuckDBPyConnection, run: int, published: Path) -> RunReport:
    counts = _fates(con, run)
    log.info("run complete", run=run, **counts)
    return RunReport(run, sum(counts.values()), counts, published)


def _fates(con: duckdb.DuckDBPyConnection, run: int) -> dict[str, int]:
    """Fate -> received versions of a run."""
    found = con.execute(f"SELECT fate, count(*) FROM state.ledger WHERE run = {run} GROUP BY ALL ORDER BY 1")
    return dict(found.fetchall())


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder for the parts of a batch, removed at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
