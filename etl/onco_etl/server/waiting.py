"""How long a server asks us to wait."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import httpx

# A number of seconds that large is no duration but a moment since 1970, in seconds or, larger still, milliseconds:
# some servers send that.
_MOMENT = 10**9
_MILLISECONDS = 10**11


def asked(response: httpx.Response, longest: float) -> float | None:
    """Seconds to wait by Retry-After (a number or an HTTP date), at most `longest`; None where that is not usable."""
    value = response.headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        seconds = _seconds(int(value[:20]))
    else:
        moment = _date(value)
        if moment is None:
            return None
        # By the server's own clock where it tells the time: ours may be off.
        seconds = moment - (_date(response.headers.get("Date", "")) or time.time())
    return min(max(seconds, 0.0), longest)


def _seconds(number: int) -> float:
    if number < _MOMENT:
        return number
    return (number / 1000 if number >= _MILLISECONDS else number) - time.time()


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
