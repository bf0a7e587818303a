"""The server's clock: instants as a server states them, and as it is asked for them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx


def of_answer(response: httpx.Response, last_updated: str | None = None) -> datetime | None:
    """When the server gave an answer: the earlier of its Date header and the Bundle's meta.lastUpdated.

    The earlier, because a Bundle may come from the server's own store of answers. None where it states neither.
    """
    stated = [instant for instant in (_date(response.headers.get("Date")), _instant(last_updated)) if instant]
    return min(stated, default=None)


def text(instant: datetime) -> str:
    """An instant as servers are asked for it, in whole seconds, the second that has begun."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _date(header: str | None) -> datetime | None:
    try:
        stated = parsedate_to_datetime(header) if header else None
    except (ValueError, OverflowError):
        return None
    # HTTP dates are of Greenwich, whatever they say of it.
    return stated and stated.replace(tzinfo=stated.tzinfo or UTC).astimezone(UTC)


def _instant(value: str | None) -> datetime | None:
    try:
        stated = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    return stated.astimezone(UTC) if stated and stated.tzinfo else None
