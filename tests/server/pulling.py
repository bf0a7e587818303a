"""A registry that pulls from an export server: settings without long pauses, and what a pull left."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from onco_etl.server import access, pull
from onco_etl.server.settings import ServerSettings
from onco_etl.settings import EtlSettings
from server.export_server import ExportServer, Resource


def settings(server: ExportServer, **more: Any) -> ServerSettings:
    """Of a server on this machine, in a hurry."""
    hurry = {"longest_wait_seconds": 0.02, "poll_seconds": 0.01, "attempts": 3, "read_seconds": 2.0}
    return ServerSettings(**{"url": f"{server.url}/r4", "overlap_minutes": 0, **hurry, **more})


class Registry:
    """The private folder of one source, pulled into."""

    def __init__(self, folder: Path, server: ExportServer, **more: Any) -> None:
        self.folder = folder
        self.server = server
        self.more = more
        folder.mkdir(mode=0o700, exist_ok=True)
        # The workspace is asked only for what vanished.
        self.etl = EtlSettings(data=folder.parent / "data")

    def pull(self, *, settle: bool = True, full: bool = False, **more: Any) -> list[str]:
        """Pull, and settle unless told otherwise; what came, as Type/id in order, deletions with a minus sign."""
        chosen = settings(self.server, **{**self.more, **more})
        with access.connected(chosen) as wire:
            pulled = pull.pull(wire, self.etl, chosen, self.folder, full=full)
        came = sorted(name for resource in received(self.folder / "incoming") for name in _names(resource))
        assert pulled.anything is bool(came)
        if settle:
            pull.settle(self.folder, pulled)
        return came


def received(folder: Path) -> list[Resource]:
    """Every resource in the files of a folder, in the order in which they are received."""
    found: list[Resource] = []
    for file in sorted(folder.iterdir()):
        text = (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()
        found += [json.loads(text)] if text.startswith("{\n") else map(json.loads, text.splitlines())
    return found


def _names(resource: Resource) -> list[str]:
    if resource["resourceType"] == "Bundle":
        return [f"-{entry['request']['url']}" for entry in resource["entry"]]
    return [f"{resource['resourceType']}/{resource['id']}"]
