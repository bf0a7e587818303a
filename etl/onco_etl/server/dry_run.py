"""A sync from a server that is only tried: pulled into a folder of its own, shown, and forgotten.

Until when the server was read, and an export that a night has in progress, stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onco_etl import pipeline
from onco_etl.pipeline import Preview
from onco_etl.server import access, job, kickoff, private, pull, settled
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings


def preview(settings: EtlSettings, server: ServerSettings, *, full: bool = False) -> Preview:
    """What `pull.sync` would do, with what the server has now; nothing of it counts as read.

    Raises as `pull.sync` does.
    """
    with _copied(pull.private_folder(settings)) as folder:
        with access.connected(server) as wire, _ended(wire, folder):
            pulled = pull.pull(wire, settings, server, folder, full=full)
        return pipeline.preview(settings, pulled.incoming if pulled.anything else None)


@contextmanager
def _copied(source: Path) -> Iterator[Path]:
    """A private folder that knows until when was read, and nothing else; removed at the end, with what was pulled."""
    folder = private.folder(source / pull.DRY_RUN)
    try:
        if known := private.read(source / settled.FILE):
            private.write(folder / settled.FILE, known)
        yield folder
    finally:
        pull.forget_dry_run(source)


@contextmanager
def _ended(wire: Wire, folder: Path) -> Iterator[None]:
    """An export that could not be fetched is deleted on the server; nobody would take it up again."""
    try:
        yield
    except BaseException:
        if left := job.kept(folder):
            kickoff.abandon(wire, left.url)
        raise
