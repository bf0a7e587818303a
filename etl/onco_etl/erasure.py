"""Erase a patient: from the landing zone, the logs of keys, the workspace and the published files.

The plan is committed first, and with it that the person is kept out from now on; each step after it can be done again.
So what was killed is completed by the same command, or by erasing anybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import structlog

from onco_etl import (
    compaction,
    erasure_keys,
    erasure_pulled,
    erasure_scope,
    landing,
    mapping,
    pipeline,
    redaction,
    replica,
    runs,
    suppression,
    workspace,
)
from onco_etl.erasure_scope import Scope
from onco_etl.errors import ConfigurationError
from onco_etl.postgres.follow import follow
from onco_etl.query import scalar
from onco_etl.redaction import Place
from onco_etl.settings import EtlSettings
from onco_etl.whose import Whose

log = structlog.get_logger()

_WHY = "erasure"
_PATIENT = re.compile(r"(?:([A-Za-z0-9_-]{1,32})/)?(Patient/[A-Za-z0-9._~-]{1,128})")


def scope(settings: EtlSettings, name: str, *, linked: bool = False) -> Scope | None:
    """What erasing `Patient/ID` of this source, or `SOURCE/Patient/ID`, would take; None where it would complete an
    erasure that was killed.

    Changes nothing. Raises ConfigurationError where no such patient was ever received.
    """
    with _opened(settings) as con:
        if _is_pending(con) and suppression.is_suppressed(con, _key(settings, name)):
            return None
        return _find(con, settings, name, linked=linked)[0]


def erase(settings: EtlSettings, name: str, *, linked: bool = False) -> Scope | None:
    """Erase `Patient/ID` of this source, or `SOURCE/Patient/ID`, and keep it out; with `linked` also the records that
    Patient.link ties to it.

    None where there was nothing left but to complete an earlier erasure. Raises ConfigurationError where no such
    patient was ever received, StateError as `sync` does.
    """
    with _opened(settings) as con:
        if is_pending := _is_pending(con):
            _erase_planned(con, settings)
    if is_pending:
        _clean(settings)
    with _opened(settings) as con:
        if is_pending and suppression.is_suppressed(con, _key(settings, name)):
            return None
        found, whose = _find(con, settings, name, linked=linked)
        if _of(settings, name)[0] == settings.source:
            # What is pulled is this source's: another's ids mean others there.
            erasure_pulled.scrub(settings.data / erasure_pulled.FOLDER, whose)
        _plan(con, _key(settings, name), found, whose)
        _erase_planned(con, settings)
    _clean(settings)
    return found


def allow_again(settings: EtlSettings, name: str) -> bool:
    """Let an erased `Patient/ID` in again when the source sends it; whether it was kept out."""
    with _opened(settings) as con:
        allowed = suppression.allow(con, _key(settings, name))
        erasure_keys.save(con, settings.data / "landing")
    return allowed


@contextmanager
def _opened(settings: EtlSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    with pipeline.opened(settings) as con:
        mapping.define_macros(con, settings, mapping.today(settings.timezone))
        yield con


def _of(settings: EtlSettings, name: str) -> tuple[str, str]:
    """(source, `Patient/ID`) of a patient's name, which may say its source."""
    found = _PATIENT.fullmatch(name)
    if not found:
        raise ConfigurationError("a patient is written as Patient/123, with its logical id, or as SOURCE/Patient/123")
    return found.group(1) or settings.source, found.group(2)


def _key(settings: EtlSettings, name: str) -> str:
    return "/".join(_of(settings, name))


def _find(con: duckdb.DuckDBPyConnection, settings: EtlSettings, name: str, *, linked: bool) -> tuple[Scope, Whose]:
    source, patient = _of(settings, name)
    key = f"{source}/{patient}"
    if not erasure_scope.is_known(con, key):
        raise ConfigurationError(f"no such patient was received from source {source!r}{_where_else(con, key, patient)}")
    return erasure_scope.find(con, replace(settings, source=source), key, linked=linked)


def _where_else(con: duckdb.DuckDBPyConnection, key: str, patient: str) -> str:
    """What a patient who is not known may be instead: never who."""
    if suppression.is_suppressed(con, key):
        return "; it is kept out, for it was erased"
    found = con.execute("SELECT DISTINCT source FROM state.run WHERE source IS NOT NULL ORDER BY ALL").fetchall()
    others = [source for (source,) in found if erasure_scope.is_known(con, f"{source}/{patient}")]
    return f"; one of that id came from {', '.join(others)}: name it as SOURCE/Patient/ID" if others else ""


def _is_pending(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(scalar(con, "SELECT count(*) FROM state.erasure WHERE finished IS NULL"))


def _plan(con: duckdb.DuckDBPyConnection, patient: str, found: Scope, whose: Whose) -> None:
    """Commit what is to be erased, and that it is kept out; files that are named after the person lose their names."""
    files = con.execute("SELECT run, file_no, name FROM state.landed").fetchall()
    named = [(run, file_no) for run, file_no, name in files if whose.is_file(name)]
    con.execute("BEGIN")
    con.execute(
        f"""
        INSERT INTO state.erasing BY NAME FROM erased;
        INSERT INTO state.erasing BY NAME FROM erased_place;
        INSERT INTO state.erasure (begun, resources, lines, files)
        VALUES (now(), {sum(found.resources.values())}, {found.lines}, {found.files});
        """
    )
    for run, file_no in named:
        con.execute(f"UPDATE state.landed SET name = '{redaction.UNNAMED}' WHERE run = {run} AND file_no = {file_no}")
        con.execute(f"INSERT INTO state.erasing (run, file_no) VALUES ({run}, {file_no})")
    suppression.suppress(con, patient)
    con.execute("COMMIT")
    log.info("erasure planned", resources=sum(found.resources.values()), lines=found.lines, files=found.files)


def _erase_planned(con: duckdb.DuckDBPyConnection, settings: EtlSettings) -> None:
    """The landing zone and the logs of keys, then, in one run, the workspace, which forgets the plan."""
    if not scalar(con, "SELECT count(*) FROM state.erasing"):
        return
    zone = settings.data / "landing"
    planned = con.execute("SELECT DISTINCT run FROM state.erasing WHERE run IS NOT NULL ORDER BY ALL").fetchall()
    for (run,) in planned:
        _erase_landed(con, zone, run)
    log.info("erased from the landing zone", batches=len(planned))
    erasure_keys.redact(con, zone)
    run = runs.next_run(con, zone)
    day = mapping.today(settings.timezone)
    pipeline.load(con, settings, run, (), kind=runs.ERASE, day=day, key_log=zone / f"{run:06d}" / "keys")
    landing.mark_complete(zone / f"{run:06d}")
    log.info("erased from the workspace", run=run)


def _erase_landed(con: duckdb.DuckDBPyConnection, zone: Path, run: int) -> None:
    folder = zone / f"{run:06d}"
    if not folder.joinpath(landing.MANIFEST).exists():
        return
    found = con.execute(
        f"SELECT file_no, line, entry FROM state.erasing WHERE run = {run} AND line IS NOT NULL ORDER BY ALL"
    ).fetchall()
    described = con.execute(f"SELECT file_no, name, layout FROM state.landed WHERE run = {run}").fetchall()
    files = {file_no: (name, layout) for file_no, name, layout in described}
    redaction.remove(folder, [Place(*place) for place in found], why=_WHY, files=files)


def _clean(settings: EtlSettings) -> None:
    """Write the workspace, the published file and the replica anew, and remove whatever else may hold what was erased.

    Raises ReplicaError where Postgres is away: the erasure is not finished then, and the same command completes it.
    """
    data = settings.data
    with workspace.guarded(data):
        for path in (*data.glob("workspace-*.duckdb*"), *data.glob(f"{workspace.FILE}.wal")):
            path.unlink()
        with duckdb.connect() as con:
            workspace.limit(con, settings.memory_limit, settings.threads)
            compaction.renew(con, data / workspace.FILE, storage="latest")
    with _opened(settings) as con:
        newest = scalar(con, "SELECT max(run) FROM state.run WHERE status = 'complete'")
        replica.publish(con, settings.published_folder, newest, keep=1, anew=True)
        erasure_keys.save(con, data / "landing")
    follow(settings, full=True)
    with _opened(settings) as con:
        con.execute("UPDATE state.erasure SET finished = now() WHERE finished IS NULL")
    log.info("erasure complete", published=newest)
