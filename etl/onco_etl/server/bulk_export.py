"""Bulk Data Access: begin an export or take one up again, fetch it, and tell the server that it is done."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from onco_etl.errors import ServerError
from onco_etl.server import collect, job, kickoff, private
from onco_etl.server.collect import Collected, Collector, Folders, LostError
from onco_etl.server.job import Job
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire

log = structlog.get_logger()

_BEGUN_AT_MOST = 3


@dataclass(frozen=True)
class Wanted:
    """What an export is to hold. since: None for everything; known: types that were read up to then; reads, members: as
    in Settled.
    """

    since: datetime | None
    types: tuple[str, ...]
    known: frozenset[str]
    reads: str
    members: tuple[str, ...] | None


@dataclass(frozen=True)
class Exported:
    """An export that was fetched, and the job that it was; whole: it left nothing out, by its own account."""

    collected: Collected
    job: Job
    whole: bool


def export(wire: Wire, settings: ServerSettings, folder: Path, wanted: Wanted) -> Exported:
    """Fetch what is `wanted` into `folder`/incoming; an export that an earlier process began is taken up again.

    A lost one is begun anew. Raises ServerError.
    """
    folders = Folders(folder / "incoming", folder / "errors")
    for _ in range(_BEGUN_AT_MOST):
        current = _resumable(wire, folder, settings, wanted) or _begin(wire, settings, folder, folders, wanted)
        try:
            collected = _collect(wire, settings, folder, folders, current)
        except LostError:
            log.warning("the server no longer has the export; it is begun anew")
            job.forget(folder)
            continue
        whole = not collect.tell_errors(folders.errors)
        kickoff.abandon(wire, current.url)
        return Exported(collected, current, whole)
    raise ServerError(f"the server lost the export {_BEGUN_AT_MOST} times; the next run tries again")


def _collect(wire: Wire, settings: ServerSettings, folder: Path, folders: Folders, current: Job) -> Collected:
    """Fetch an export; one that has failed for good is abandoned."""
    try:
        return Collector(wire, settings, current, folders).collect()
    except ServerError as error:
        # Where nobody answers, or who we are does not count, the next run takes the export up again.
        if not (error.passing or error.status == 401) or error.status == 500:
            kickoff.abandon(wire, current.url)
            job.forget(folder)
        raise


def _resumable(wire: Wire, folder: Path, settings: ServerSettings, wanted: Wanted) -> Job | None:
    """The export that an earlier process began, if it is what is wanted; another one is abandoned."""
    found = job.kept(folder)
    if found is None:
        return None
    if found.reads == wanted.reads and found.age < settings.export_seconds and _covers(found, wanted):
        log.info("an export is taken up again", begun=found.started)
        return found
    kickoff.abandon(wire, found.url)
    job.forget(folder)
    return None


def _covers(found: Job, wanted: Wanted) -> bool:
    """Whether an export begun earlier holds what is wanted: the same window, or everything."""
    return found.since is None or (wanted.since is not None and found.since == kickoff.instant(wanted.since))


def _begin(wire: Wire, settings: ServerSettings, folder: Path, folders: Folders, wanted: Wanted) -> Job:
    """Begin an export in empty folders; of everything, where it holds a type that was not read up to `since`."""
    for one in (folders.incoming, folders.errors):
        shutil.rmtree(one, ignore_errors=True)
        private.folder(one)
    since = wanted.since
    url, types = kickoff.start(wire, settings, wanted.types, since)
    if since is not None and (new := _new(types, wanted)):
        log.info("types that were not read before: everything is exported", types=new)
        kickoff.abandon(wire, url)
        since = None
        url, types = kickoff.start(wire, settings, types, since)
    text = None if since is None else kickoff.instant(since)
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    current = Job(url, text, wanted.reads, types, wanted.members, begun)
    job.keep(folder, current)
    log.info("export begun", types=len(types), since=text)
    return current


def _new(types: Sequence[str], wanted: Wanted) -> list[str]:
    return sorted(set(types) - wanted.known)
