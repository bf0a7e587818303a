"""A FHIR server without $export: what changed is searched for, and what was deleted is asked of its history."""

from __future__ import annotations

from collections.abc import Iterator
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
class _Server:
    """Types that are wanted and offered, how to read them, and until when the server can be read by its own clock."""

    offers: dict[str, Offer]
    pages: Pages
    reader: Reader
    now: datetime | None


def search(wire: Wire, settings: ServerSettings, folder: Path, since: datetime | None) -> datetime:
    """Read what changed since an instant, or everything, into `folder`: NDJSON per type, and Bundles of deletions.

    The instant, by the server's clock, until which it has been read: the next `since`. Raises ServerError where a type
    cannot be read whole; nothing in the folder is to be received then.
    """
    since = since and since.replace(microsecond=0)
    with _opened(wire, settings, folder) as server:
        for resource_type, offer in server.offers.items():
            server.reader.read(resource_type, offer, Window(since, server.now), folder / f"{resource_type}.ndjson")
            if since and offer.history:
                history.deleted(server.pages, settings, resource_type, since, folder)
        if server.reader.earliest is None:
            raise ServerError("the server does not tell the time: neither a Date header nor Bundle.meta.lastUpdated")
        return server.reader.earliest


def identities(wire: Wire, settings: ServerSettings, folder: Path) -> tuple[str, ...]:
    """Read the id of everything that the server has into `folder`, NDJSON per type; the types that were read.

    The lines are not whole resources: they are for `reconcile` alone. Raises ServerError as `search` does.
    """
    with _opened(wire, settings, folder) as server:
        return tuple(
            resource_type
            for resource_type, offer in server.offers.items()
            if server.reader.read(
                resource_type,
                offer,
                Window(None, server.now),
                folder / f"{resource_type}.ndjson",
                (("_elements", "id"),),
                on=True,
            )
        )


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
        yield _Server(offers, pages, Reader(settings, pages, said.instant), now)
