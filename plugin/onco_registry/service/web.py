"""/health and /metrics, for monitoring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import Engine

from onco_etl.errors import ConfigurationError
from onco_registry.config import Config
from onco_registry.service.health import health, plain
from onco_registry.service.metrics import registry


@contextmanager
def answering(config: Config, engine: Engine) -> Iterator[int]:
    """Answer on the address `service.listen` meanwhile; the port.

    Raises ConfigurationError where the address is no address:port, or is taken.
    """
    host, _, port = config.service.listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigurationError(f"service.listen: {config.service.listen!r}: address and port, as 127.0.0.1:8080")
    try:
        server = ThreadingHTTPServer((host.strip("[]"), int(port)), _handler(config, engine))
    except OSError as error:
        raise ConfigurationError(f"service.listen: {config.service.listen}: {error.strerror or error}") from None
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(config: Config, engine: Engine) -> type[BaseHTTPRequestHandler]:
    metrics = registry(config, engine)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version, sys_version = "onco-registry", ""

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/health":
                    self._answer(*_health(config, engine))
                case "/metrics":
                    self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(metrics))
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/health or /metrics\n")

        do_HEAD = do_GET  # noqa: N815 - the name is the library's

        def _answer(self, status: HTTPStatus, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Being asked every few seconds is no news."""

    return Handler


def _health(config: Config, engine: Engine) -> tuple[HTTPStatus, str, bytes]:
    found = health(config, engine, datetime.now(UTC))
    status = HTTPStatus.OK if found.ok else HTTPStatus.SERVICE_UNAVAILABLE
    return status, "application/json", json.dumps(plain(found), indent=1).encode() + b"\n"
