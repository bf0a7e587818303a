"""Those who are told: a real mail server and a real web server, each on a free port of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from service.site import free_port


def is_known(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:  # noqa: ARG001
    """Whether somebody who signs in is the registry."""
    return AuthResult(success=(data.login, data.password) == (b"registry", b"hunter2"))


class Mailbox:
    """Keeps what an SMTP server is given."""

    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    """A real SMTP server on a free port."""
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


@contextmanager
def web_server(*statuses: int) -> Iterator[tuple[list[Any], str]]:
    """A web server that answers POSTs with these statuses, in turn, and keeps what they hold; its address, a secret."""
    received: list[Any] = []

    class Handler(_Silent):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[len(received) - 1])
            self.end_headers()

    with _serving(Handler) as address:
        yield received, f"{address}/hook?token=secret"


@contextmanager
def dripping_server() -> Iterator[str]:
    """A web server that sends a line of its answer's head several times a second, and no end of it; its address."""
    closing = Event()

    class Handler(_Silent):
        def do_POST(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            with suppress(OSError):
                while not closing.wait(0.2):
                    self.wfile.write(b"X-More: to come\r\n")

    with _serving(Handler) as address:
        try:
            yield f"{address}/hook"
        finally:
            closing.set()


class _Silent(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on this machine; its address."""
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
