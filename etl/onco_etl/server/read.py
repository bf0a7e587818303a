"""Read a server into a folder, by export or by search, and find out what vanished from it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from onco_etl.server import bulk_export, group, private
from onco_etl.server.bulk_export import Wanted
from onco_etl.server.reconcile import by_search, is_gone, reconcile
from onco_etl.server.search import search
from onco_etl.server.settings import ServerSettings
from onco_etl.server.settled import Settled
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings


@dataclass(frozen=True)
class Window:
    """since: from when is read, None for everything. vanished: whether what the server no longer has is deleted."""

    since: datetime | None
    vanished: bool


@dataclass(frozen=True)
class Read:
    """Until when a server was read; the types that were, and the members of its group; whole: all of them was read."""

    until: datetime
    types: tuple[str, ...]
    members: tuple[str, ...] | None
    whole: bool


@dataclass(frozen=True)
class Reader:
    """Reads one server for one source, into `folder`/incoming."""

    wire: Wire
    etl: EtlSettings
    server: ServerSettings
    folder: Path

    @property
    def incoming(self) -> Path:
        """Where the files go."""
        return self.folder / "incoming"

    def export(self, window: Window, before: Settled | None, reads: str, members: tuple[str, ...] | None) -> Read:
        """By a bulk export; raises ServerError."""
        since = None if window.vanished else window.since
        wanted = Wanted(since, self.server.wanted(), frozenset(before.types if before else ()), reads, members)
        exported = bulk_export.export(self.wire, self.server, self.folder, wanted)
        begun = exported.job
        if self.server.leavers == "remove" and before:
            group.remove(self.incoming, sorted(set(before.members or ()) - set(begun.members or ())))
        # Only a whole system has everything of a type, and only if the export did not leave out what failed.
        if window.vanished and begun.since is None and exported.whole and self.server.level == "system":
            reconcile(self.etl, self.server, self._files(), self.incoming, self._complete(begun.types))
        return Read(exported.collected.transaction_time, begun.types, begun.members, begun.since is None)

    def search(self, window: Window, before: Settled | None) -> Read:
        """By searches; raises ServerError."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        private.folder(self.incoming)
        known = before.types if before else None
        searched = search(self.wire, self.server, self.incoming, window.since, known)
        if window.vanished and window.since is None:
            files = self._files()
            reconcile(self.etl, self.server, files, self.incoming, searched.types, self._is_gone)
        elif window.vanished:
            by_search(self.wire, self.etl, self.server, self.incoming)
        return Read(searched.until, searched.types, None, window.vanished or window.since is None)

    def _files(self) -> Sequence[Path]:
        return sorted(self.incoming.glob("*.ndjson*"))

    def _complete(self, types: Sequence[str]) -> list[str]:
        """The types of which an export has everything: those that no filter narrows."""
        narrowed = {one.split("?")[0] for one in self.server.type_filters}
        return [name for name in types if name not in narrowed]

    def _is_gone(self, address: str) -> bool:
        return is_gone(self.wire, self.server, address)
