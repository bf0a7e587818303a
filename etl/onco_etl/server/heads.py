"""How long a server may take until the head of its answer is here.

httpx bounds each read of it; a server that drips a byte at a time would never end. So the connection is shut down.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any
from weakref import WeakSet

import httpx


class TooLongError(Exception):
    """An exchange was ended because it took too long."""


class Heads:
    """The connections of one client, which has one exchange at a time; `note` is for its extension `trace`."""

    def __init__(self) -> None:
        self._open: WeakSet[socket.socket] = WeakSet()
        self._over = False

    def note(self, event: str, found: Mapping[str, Any]) -> None:
        """Take note of a new connection."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._open.add(found["return_value"].get_extra_info("socket"))
            if self._over:
                self._shut_down()

    @contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        """Raises TooLongError where what httpx does within has not ended after so many seconds."""
        self._over = False
        timer = Timer(seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        except httpx.TransportError:
            if self._over:
                raise TooLongError from None
            raise
        finally:
            timer.cancel()

    def _end(self) -> None:
        self._over = True
        self._shut_down()

    def _shut_down(self) -> None:
        for one in list(self._open):
            # What is closed already needs no end. TLS would say goodbye, and wait for it.
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)
