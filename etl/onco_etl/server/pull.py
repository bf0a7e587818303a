"""A night from a FHIR server: pull into a private folder, give that to the pipeline, and only then settle.

State is files in data/pull/<source>, each replaced whole. Killed anywhere, the next run reads the same window again,
which is harmless: what was received before changes nothing.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from onco_etl import pipeline, workspace
from onco_etl.pipeline import RunReport
from onco_etl.server import access, bulk_export, group, job, private
from onco_etl.server import settled as state
from onco_etl.server.bulk_export import Wanted
from onco_etl.server.settings import ServerSettings
from onco_etl.server.settled import Settled
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings

log = structlog.get_logger()


@dataclass(frozen=True)
class Pulled:
    """What a pull brought: the folder of its files, whether there is anything in them, and what to settle."""

    incoming: Path
    anything: bool
    settled: Settled


def sync(settings: EtlSettings, server: ServerSettings, *, full: bool = False) -> RunReport:
    """Pull what changed on the server, or everything, and bring workspace and published file up to date.

    A night that brings nothing is a run that receives nothing. Raises ServerError with nothing settled, and as
    `pipeline.sync` does.
    """
    with workspace.connect(settings.data, read_only=True):
        pass
    folder = private.folder(settings.data / "pull" / settings.source)
    with access.connected(server) as wire:
        pulled = pull(wire, server, folder, full=full)
    if pulled.anything:
        report = pipeline.sync(settings, pulled.incoming)
    else:
        log.info("the server has nothing new")
        report = pipeline.remap(settings)
    settle(folder, pulled)
    return report


def pull(wire: Wire, server: ServerSettings, folder: Path, *, full: bool = False) -> Pulled:
    """Read from the server into `folder`/incoming what changed since the last settled pull; raises ServerError.

    Everything is read where nothing is settled, where other settings say what is read, where somebody joined the
    group, and where `server.full_every_days` or `full` ask for it.
    """
    before = state.kept(folder)
    reads = state.reads(server)
    if before and before.reads != reads:
        log.info("another part of the server is read than before: everything is read")
        before = None
    members = group.members(wire, server) if server.level == "group" else None
    since = None if full else _since(server, before, members)
    known = frozenset(before.types if before else ())
    exported = bulk_export.export(wire, server, folder, Wanted(since, server.wanted(), known, reads, members))
    gone = _leavers(server, before, exported.job.members)
    removed = group.remove(folder / "incoming", gone)
    time = exported.collected.transaction_time
    full_time = before.full if before and exported.job.since else time
    settled = Settled(time, full_time, reads, exported.job.types, exported.job.members)
    log.info("pulled", lines=exported.collected.lines, types=len(settled.types), since=exported.job.since, left=removed)
    return Pulled(folder / "incoming", bool(exported.collected.lines or removed), settled)


def settle(folder: Path, pulled: Pulled) -> None:
    """Note that what was pulled is mapped, and remove its files."""
    state.keep(folder, pulled.settled)
    job.forget(folder)
    shutil.rmtree(pulled.incoming)


def _since(server: ServerSettings, before: Settled | None, members: tuple[str, ...] | None) -> datetime | None:
    """From when the server is read; None for everything."""
    if before is None:
        return None
    if joiners := set(members or ()) - set(before.members or ()):
        log.info("new in the group: everything is read", joiners=len(joiners))
        return None
    days = server.full_every_days
    # Nights begin a little earlier or later than a whole number of days apart.
    if days is not None and datetime.now(UTC) - before.full >= timedelta(days=days, hours=-12):
        return None
    return before.transaction_time - timedelta(minutes=server.overlap_minutes)


def _leavers(server: ServerSettings, before: Settled | None, members: tuple[str, ...] | None) -> list[str]:
    """Who left the group since the last settled pull, if they are to be removed."""
    if server.leavers == "keep" or before is None:
        return []
    return sorted(set(before.members or ()) - set(members or ()))
