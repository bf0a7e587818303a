"""A FHIR server without $export: what changed is searched for, and what was deleted is asked of its history."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import structlog

from onco_etl.errors import ServerError
from onco_etl.server import capability, history
from onco_etl.server.capability import Offer
from onco_etl.server.pages import Pages
from onco_etl.server.reader import Reader
from onco_etl.server.settings import ServerSettings
from onco_etl.server.windows import Window
from onco_etl.server.wire import Wire

log = structlog.get_logger()


@dataclass(frozen=True)
class Searched:
    """Until when a server was read, by its own clock: the next `since`; and the types that were."""

    until: datetime
    types: tuple[str, ...]


def search(
    wire: Wire, settings: ServerSettings, folder: Path, since: datetime | None, known: Collection[str] | None = None
) -> Searched:
    """Read what changed since an instant, or everything, into `folder`: NDJSON per type, and Bundles of deletions.

    known: the types that were read until `since`, by default all; another is read from its beginning. Raises
    ServerError where a type cannot be read whole, or none can be; nothing in the folder is to be received then.
    """
    with _opened(wire, settings, folder) as server:
        begin = {name: since if known is None or name in known else None for name in server.offers}
        types = _some(name for name in server.offers if server.read_changed(name, begin[name]))
        if server.reader.earliest is None:
            raise ServerError("the server does not tell the time: neither a Date header nor Bundle.meta.lastUpdated")
        return Searched(server.reader.earliest, types)


def identities(wire: Wire, settings: ServerSettings, folder: Path) -> tuple[str, ...]:
    """Read the id of everything that the server has into `folder`, NDJSON per type; the types that were read.

    The lines are not whole resources: they are for `reconcile` alone. Raises ServerError as `search` does.
    """
    with _opened(wire, settings, folder) as server:
        return _some(name for name in server.offers if server.read_ids(name))


@dataclass(frozen=True)
class _Server:
    """Types that are wanted and offered, how to read them, and its present time, in whole seconds."""

    settings: ServerSettings
    folder: Path
    offers: dict[str, Offer]
    pages: Pages
    reader: Reader
    now: datetime | None

    def read_changed(self, resource_type: str, since: datetime | None) -> bool:
        """What changed and what was deleted of a type; False where the server refuses to search it."""
        offer = self.offers[resource_type]
        since = since and since.replace(microsecond=0)
        found = self.reader.read(resource_type, offer, Window(since, self.now), self._file(resource_type))
        if found and since and offer.history:
            history.deleted(self.pages, self.settings, resource_type, since, self.folder)
        return found

    def read_ids(self, resource_type: str) -> bool:
        """Everything of a type, as little as the server gives of each; False where it refuses to search it."""
        window, little = Window(None, self.now), (("_elements", "id"),)
        return self.reader.read(
            resource_type, self.offers[resource_type], window, self._file(resource_type), little, on=True
        )

    def _file(self, resource_type: str) -> Path:
        return self.folder / f"{resource_type}.ndjson"


@contextmanager
def _opened(wire: Wire, settings: ServerSettings, folder: Path) -> Iterator[_Server]:
    """The server as it describes itself; raises ServerError where it offers none of the types that are wanted."""
    said = capability.ask(wire, settings)
    offers = {name: said.offers[name] for name in settings.wanted() if name in said.offers}
    for name in settings.wanted():
        if name not in offers:
            log.warning("type left out", type=name, reason="not in the server's CapabilityStatement")
    if not offers:
        raise ServerError("the server's CapabilityStatement offers no search of any type that is wanted")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with duckdb.connect() as con:
        pages = Pages(wire, con, folder)
        now = said.instant and said.instant.replace(microsecond=0)
        yield _Server(settings, folder, offers, pages, Reader(settings, pages, said.instant), now)


def _some(types: Iterable[str]) -> tuple[str, ...]:
    read = tuple(types)
    if not read:
        raise ServerError("the server refuses to search any type that is wanted: are all asked for by patient alone?")
    return read
