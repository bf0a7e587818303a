"""Where the values of a JSON text lie, so that one can be cut out and every other byte stays as it was received."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

Span = tuple[int, int]

_DECODER = json.JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n]*")


def values(text: str) -> Iterator[Span]:
    """The consecutive values of a text, as (start, end); raises ValueError or RecursionError where it is no JSON."""
    at = _skip(text, 0)
    while at < len(text):
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _skip(text, end)


def entries(text: str, start: int = 0) -> list[Span]:
    """The items of the list `entry` of the object at `start` (a Bundle); none where there is no such list."""
    found: list[Span] = []
    for key, (at, _) in _members(text, start):
        if key == "entry" and text[at] == "[":
            found = list(_items(text, at))
    return found


def _members(text: str, start: int) -> Iterator[tuple[str, Span]]:
    at = _skip(text, start)
    if text[at : at + 1] != "{":
        return
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        yield key, (at, end)
        at = _after_comma(text, end)


def _items(text: str, start: int) -> Iterator[Span]:
    at = _skip(text, start + 1)
    while text[at : at + 1] not in ("]", ""):
        _, end = _DECODER.raw_decode(text, at)
        yield at, end
        at = _after_comma(text, end)


def _after_comma(text: str, end: int) -> int:
    at = _skip(text, end)
    return _skip(text, at + 1) if text[at : at + 1] == "," else at


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
