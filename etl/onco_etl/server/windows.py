"""Windows of `_lastUpdated`: what changed is read in parts that are not too large."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from onco_etl.server import clock
from onco_etl.server.pages import Parameters

# No FHIR server had a resource before.
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTEST = timedelta(seconds=1)
# Counts may be estimates.
_SLACK = 1.2


@dataclass(frozen=True)
class Window:
    """From `start` up to, and without, `end`; None: without a bound."""

    start: datetime | None = None
    end: datetime | None = None

    def parameters(self) -> Parameters:
        """The bounds as a FHIR search takes them."""
        bounds = (("ge", self.start), ("lt", self.end))
        return tuple(("_lastUpdated", f"{prefix}{clock.text(point)}") for prefix, point in bounds if point)


def split(window: Window, limit: int, count: Callable[[Window], int | None]) -> Iterator[Window]:
    """The window in parts of at most `limit` resources each, oldest first, as far as the server counts and time allows.

    count: what the server says of a window, bounded by whole seconds; None where it says nothing.
    """
    yield from _split(window, count(window), limit, count)


def _split(window: Window, total: int | None, limit: int, count: Callable[[Window], int | None]) -> Iterator[Window]:
    start = window.start or _BEGINNING
    if total is None or total <= limit or window.end is None or window.end - start <= _SHORTEST:
        yield window
        return
    middle = (start + (window.end - start) / 2).replace(microsecond=0)
    parts = (Window(window.start, middle), Window(middle, window.end))
    totals = [count(part) for part in parts]
    if sum(one or 0 for one in totals) > _SLACK * total:
        # A server that does not heed a bound has no smaller parts.
        yield window
        return
    for part, of_part in zip(parts, totals, strict=True):
        if of_part != 0:
            yield from _split(part, of_part, limit, count)
