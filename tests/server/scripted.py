"""A server that gives scripted answers, and keeps what it was asked."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True)
class Answer:
    """An answer; `cut` ends the connection after so many bytes of the body, `drip` pauses after each byte.

    endless_head: the head never ends; a byte of it comes each so many seconds.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: float = 0
    endless_head: float = 0


@dataclass(frozen=True)
class Asked:
    """A request: its path with the query, headers (names in lower case) and body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Script = Callable[[Asked], Answer]


@dataclass
class Scripted:
    """A running server: its address, and the requests so far."""

    url: str
    asked: list[Asked]

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.asked]


@contextmanager
def scripted(*answers: Answer | Script, tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    """Gives the answers in turn, the last one again and again."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            names = {name.lower(): value for name, value in self.headers.items()}
            asked.append(Asked(self.command, self.path, names, body))
            answer = answers[min(len(asked), len(answers)) - 1]
            self._give(answer if isinstance(answer, Answer) else answer(asked[-1]))

        def _give(self, answer: Answer) -> None:
            if answer.endless_head:
                self._drip_head(answer.endless_head)
                return
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            sent = answer.body if answer.cut is None else answer.body[: answer.cut]
            try:
                for byte in (sent[i : i + 1] for i in range(len(sent))) if answer.drip else [sent]:
                    self.wfile.write(byte)
                    time.sleep(answer.drip)
            except ConnectionError:
                self.close_connection = True
            self.close_connection |= answer.cut is not None

        def _drip_head(self, pause: float) -> None:
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Head: ")
            with suppress(OSError):
                while True:
                    self.wfile.write(b"x")
                    time.sleep(pause)

        do_GET = do_POST = do_DELETE = _one  # noqa: N815 - the names are the library's

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server) as port:
        yield Scripted(f"http{'s' if tls else ''}://127.0.0.1:{port}", asked)


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    """Runs a server in a thread; its port."""
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
