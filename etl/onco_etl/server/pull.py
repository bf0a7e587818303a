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

from onco_etl import migrations, pipeline, workspace
from onco_etl.pipeline import RunReport
from onco_etl.server import access, group, job, private
from onco_etl.server import settled as state
from onco_etl.server.read import Reader, Window
from onco_etl.server.settings import ServerSettings
from onco_etl.server.settled import Settled
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

# Of the private folder: what a dry run pulls, and removes at its end unless it is killed.
DRY_RUN = "dry-run"


@dataclass(frozen=True)
class Pulled:
    """What a pull brought: the folder of its files, whether there are any, and what to settle."""

    incoming: Path
    anything: bool
    settled: Settled


def sync(settings: EtlSettings, server: ServerSettings, *, full: bool = False) -> RunReport:
    """Pull what changed on the server, or everything, and bring workspace and published file up to date.

    A night that brings nothing is a run that receives nothing. Raises ServerError with nothing settled, and as
    `pipeline.sync` does.
    """
    folder = private_folder(settings)
    with access.connected(server) as wire:
        pulled = pull(wire, settings, server, folder, full=full)
    if pulled.anything:
        report = pipeline.sync(settings, pulled.incoming)
    else:
        log.info("the server has nothing new")
        report = pipeline.remap(settings)
    settle(folder, pulled)
    return report


def private_folder(settings: EtlSettings) -> Path:
    """Where the source is pulled into, without what a dry run left that was killed.

    Without a data folder that can be used the server need not be asked: raises StateError.
    """
    migrations.migrate(settings.data)
    with workspace.connect(settings.data, read_only=True):
        folder = private.folder(settings.data / "pull" / settings.source)
    forget_dry_run(folder)
    return folder


def pull(wire: Wire, settings: EtlSettings, server: ServerSettings, folder: Path, *, full: bool = False) -> Pulled:
    """Read from the server into `folder`/incoming what changed since the last settled pull; raises ServerError.

    Everything is read where nothing is settled, where other settings say what is read, where somebody joined the
    group, and where `full` asks for it. Every `server.full_every_days` what vanished is deleted.
    """
    before, reads = state.kept(folder), state.reads(server)
    if before and before.reads != reads:
        log.info("another part of the server is read than before: everything is read")
        before = None
    members = group.members(wire, server) if server.level == "group" else None
    window = _window(server, before, members, full)
    reader = Reader(wire, settings, server, folder)
    searched = server.method == "search"
    read = reader.search(window, before) if searched else reader.export(window, before, reads, members)
    full_time = read.until if read.whole or before is None else before.full
    anything = any(file.stat().st_size for file in reader.incoming.iterdir())
    log.info("pulled", types=len(read.types), everything=read.whole, anything=anything)
    return Pulled(reader.incoming, anything, Settled(read.until, full_time, reads, read.types, read.members))


def settle(folder: Path, pulled: Pulled) -> None:
    """Note that what was pulled is mapped, and remove its files."""
    state.keep(folder, pulled.settled)
    job.forget(folder)
    shutil.rmtree(pulled.incoming)


def forget_dry_run(folder: Path) -> None:
    """Remove what a dry run has pulled."""
    shutil.rmtree(folder / DRY_RUN, ignore_errors=True)


def _window(server: ServerSettings, before: Settled | None, members: tuple[str, ...] | None, full: bool) -> Window:
    days = server.full_every_days
    if before is None or full:
        return Window(None, days is not None)
    # Nights begin a little earlier or later than a whole number of days apart.
    due = days is not None and datetime.now(UTC) - before.full >= timedelta(days=days, hours=-12)
    if joiners := set(members or ()) - set(before.members or ()):
        log.info("new in the group: everything is read", joiners=len(joiners))
        return Window(None, due)
    return Window(before.transaction_time - timedelta(minutes=server.overlap_minutes), due)
