"""The manifest of a bulk export: where its files are, as Bulk Data Access IG 2.0 and 3.0 have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from onco_etl.errors import ServerError
from onco_etl.server.origins import absolute

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
# A transaction that lies further ahead of the server's own clock would make us miss what comes next.
_AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class File:
    """A file of an export: of one resource type, or of none in particular; `count` lines where the server says so."""

    url: str
    resource_type: str
    count: int | None


@dataclass(frozen=True)
class Manifest:
    """What an export holds, or a part of it; `following` leads to the next part.

    transaction_time: until when the server was read. token: whether its files need to know who we are.
    """

    transaction_time: datetime
    token: bool
    output: tuple[File, ...]
    deleted: tuple[File, ...]
    error: tuple[File, ...]
    following: str | None


def parse(response: httpx.Response) -> Manifest:
    """The manifest in an answer, its addresses absolute; raises ServerError, which names the element that is wrong."""
    try:
        content = response.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ServerError("the export's manifest is no JSON object")
    token = content.get("requiresAccessToken")
    if not isinstance(token, bool):
        raise _wrong("requiresAccessToken")
    base = response.request.url
    return Manifest(
        _transaction_time(content.get("transactionTime"), response),
        token,
        _files(content, "output", base),
        _files(content, "deleted", base),
        _files(content, "error", base),
        _following(content.get("link"), base),
    )


def _transaction_time(value: object, response: httpx.Response) -> datetime:
    try:
        stated = datetime.fromisoformat(value if isinstance(value, str) else "").astimezone(UTC)
        aware = datetime.fromisoformat(str(value)).tzinfo is not None
    except (ValueError, OverflowError):
        raise _wrong("transactionTime") from None
    if not aware or stated > _clock(response) + _AHEAD:
        raise _wrong("transactionTime")
    return stated


def _clock(response: httpx.Response) -> datetime:
    """The server's clock, where it tells the time, else ours."""
    try:
        return parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)


def _files(content: dict[str, Any], element: str, base: httpx.URL) -> tuple[File, ...]:
    listed = content.get(element)
    listed = [] if listed is None else listed
    if not isinstance(listed, list):
        raise _wrong(element)
    return tuple(_file(item, element, base) for item in listed)


def _file(item: object, element: str, base: httpx.URL) -> File:
    if not isinstance(item, dict) or not isinstance(item.get("url"), str):
        raise _wrong(f"{element}.url")
    resource_type, count = item.get("type"), item.get("count")
    fits = isinstance(resource_type, str) and _TYPE.fullmatch(resource_type)
    return File(
        str(absolute(item["url"], base)),
        str(resource_type) if fits else "Any",
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None,
    )


def _following(links: object, base: httpx.URL) -> str | None:
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            return str(absolute(link["url"], base))
    return None


def _wrong(element: str) -> ServerError:
    return ServerError(f"the export's manifest cannot be used: {element}")
