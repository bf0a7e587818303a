"""Reads what a FHIR server has of a resource type, by search, window by window and page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import structlog

from onco_etl.errors import ServerError
from onco_etl.server.capability import Offer
from onco_etl.server.new_file import NewFile, new_file
from onco_etl.server.pages import Page, Pages, Parameters, RefusedError
from onco_etl.server.settings import ServerSettings
from onco_etl.server.windows import Window, split

log = structlog.get_logger()

# A window of more pages than that is split.
_PAGES = 20
# What changes while it is read is read again, so often.
_TRIES = 5
# Clocks, and what servers make of time zones.
_TOLERANCE = timedelta(days=1)


class UnheededError(Exception):
    """The server does not heed `_lastUpdated`."""


class Reader:
    """Reads types into files; `earliest` is the earliest instant at which the server has given an answer."""

    def __init__(self, settings: ServerSettings, pages: Pages, asked_at: datetime | None) -> None:
        self._settings = settings
        self._pages = pages
        self.earliest = asked_at

    def read(
        self, resource_type: str, offer: Offer, window: Window, target: Path, more: Parameters = (), *, on: bool = False
    ) -> bool:
        """Write what lies in `window` to the NDJSON file `target`; False where the server refuses to search the type.

        more: further parameters of each search. on: also read, last, what changed from the end of the window on.
        Raises ServerError where the pages are not all that the server says there is.
        """
        counted = (("_total", "accurate"),) if self._settings.totals else ()
        dialect = (*more, *counted, *((("_sort", "_lastUpdated"),) if offer.dated else ()))
        with new_file(target) as file:
            try:
                for part in split(window, _PAGES * self._settings.page_size, lambda w: self._count(resource_type, w)):
                    if part == window and part.start is None:
                        self._walk(resource_type, file, Window(), dialect)
                        return True
                    self._walk(resource_type, file, part, dialect)
                if on:
                    self._walk(resource_type, file, Window(window.end), dialect)
            except (RefusedError, UnheededError):
                file.cut(0)
                return self._read_plainly(resource_type, file)
        return True

    def _read_plainly(self, resource_type: str, file: NewFile) -> bool:
        """The type as a whole, asked for without any parameter but the page size."""
        try:
            self._walk(resource_type, file, Window(), ())
        except RefusedError:
            log.warning("type left out", type=resource_type, reason="the server refuses to search it")
            return False
        log.warning("type read whole", type=resource_type, reason="the server does not take _lastUpdated")
        return True

    def _count(self, resource_type: str, window: Window) -> int | None:
        """How many resources the server says lie in a window; None where it does not say."""
        try:
            parameters = (("_summary", "count"), *window.parameters())
            page = next(self._pages.walk(resource_type, self._url(resource_type), parameters))
        except RefusedError:
            return None
        self._note(page)
        return page.total

    def _walk(self, resource_type: str, file: NewFile, window: Window, dialect: Parameters) -> None:
        """Append all pages of a window; again where what changed meanwhile moved resources between pages."""
        parameters = (*window.parameters(), *dialect, ("_count", str(self._settings.page_size)))
        begin = file.end()
        for _ in range(_TRIES):
            total = self._append_pages(resource_type, file, window, parameters)
            if self._pages.distinct >= total or not self._settings.totals:
                return
            file.cut(begin)
        raise ServerError(
            f"{resource_type}: the server counts {total} resources, but its pages end after {self._pages.distinct}; "
            "nothing of it is taken. If its totals are wrong: server.totals = false"
        )

    def _append_pages(self, resource_type: str, file: NewFile, window: Window, parameters: Parameters) -> int:
        """One walk of a window; how many resources the server says there are, 0 where it does not say."""
        total = 0
        for page in self._pages.walk(resource_type, self._url(resource_type), parameters):
            self._check(resource_type, page, window)
            self._note(page)
            total = max(total, page.total or 0)
            file.append(self._pages.con, "SELECT body FROM entry WHERE mode = 'match' ORDER BY n")
        return total

    def _check(self, resource_type: str, page: Page, window: Window) -> None:
        size = self._settings.page_size
        if page.matches > size:
            raise ServerError(
                f"{resource_type}: the server ignores _count: {page.matches} resources on a page, asked for {size}; "
                "if its pages are always that large: server.page_size"
            )
        if window.start and page.oldest and page.oldest < window.start - _TOLERANCE:
            raise UnheededError

    def _note(self, page: Page) -> None:
        if page.instant and (self.earliest is None or page.instant < self.earliest):
            self.earliest = page.instant

    def _url(self, resource_type: str) -> str:
        return f"{self._settings.base}/{resource_type}"
