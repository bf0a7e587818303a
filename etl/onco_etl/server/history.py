"""What was deleted on a FHIR server, by the history of its types."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import structlog

from onco_etl.errors import ServerError
from onco_etl.server import clock, deletions
from onco_etl.server.pages import Pages, RefusedError
from onco_etl.server.settings import ServerSettings

log = structlog.get_logger()

# A history is sorted with the newest first (FHIR R4, http.html#history): of a deletion without a date it must be the
# last word. The ETL compares dated ones with every version that it knows.
_GONE = """
    SELECT id, last_modified, etag
    FROM (
        SELECT *, row_number() OVER (PARTITION BY id ORDER BY place) = 1 AS last_word FROM event WHERE id <> ''
    )
    WHERE method = 'DELETE' AND (last_word OR try_cast(last_modified AS TIMESTAMPTZ) IS NOT NULL)
"""


def deleted(pages: Pages, settings: ServerSettings, resource_type: str, since: datetime, folder: Path) -> None:
    """Write what was deleted of a type since an instant as Bundles into `folder`.

    Raises ServerError where the pages are fewer than the server says.
    """
    try:
        _collect(pages, settings, resource_type, since)
    except RefusedError:
        log.warning(
            "deletions not seen", type=resource_type, reason="the server refuses its history, which it declares"
        )
        return
    count = deletions.write(pages.con, folder / f"0-deleted-{resource_type}.ndjson", resource_type, _GONE)
    log.info("deleted on the server", type=resource_type, count=count)


def _collect(pages: Pages, settings: ServerSettings, resource_type: str, since: datetime) -> None:
    """Fill the table `event` with the history of a type since an instant."""
    pages.con.execute(
        "CREATE OR REPLACE TABLE event (place BIGINT, id VARCHAR, method VARCHAR, last_modified VARCHAR, etag VARCHAR)"
    )
    parameters = (("_since", clock.text(since)), ("_count", str(settings.page_size)))
    events = total = 0
    for page in pages.walk(resource_type, f"{settings.base}/{resource_type}/_history", parameters):
        pages.con.execute(
            f"INSERT INTO event SELECT {events} + n, id, method, last_modified, etag FROM entry WHERE mode = 'event'"
        )
        events += page.matches
        total = max(total, page.total or 0)
    if events < total and settings.totals:
        raise ServerError(
            f"{resource_type}/_history: the server counts {total} versions, but its pages end after {events}; "
            "nothing of it is taken. If its totals are wrong: server.totals = false"
        )
