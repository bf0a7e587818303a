"""A FHIR server that answers as a test says: for what a real one would not do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from server.scripted import serving as running

Resource = dict[str, Any]
Query = Mapping[str, list[str]]
# (path below the base, query) -> status, Date header or none, body.
Answer = tuple[int, str | None, bytes]
Script = Callable[[str, Query], Answer]

DATE = "Tue, 02 Jan 2024 20:00:00 GMT"


def ok(body: Resource | bytes, date: str | None = DATE) -> Answer:
    return 200, date, body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()


def refused(status: int) -> Answer:
    return (
        status,
        DATE,
        b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-supported"}]}',
    )


def capability(*types: str, history: bool = False, dated: bool = True, release: str = "4.0.1") -> Resource:
    codes = ["search-type", *(["history-type"] if history else [])]
    resource = [
        {
            "type": name,
            "interaction": [{"code": code} for code in codes],
            **({"searchParam": [{"name": "_lastUpdated", "type": "date"}]} if dated else {}),
        }
        for name in types
    ]
    return {
        "resourceType": "CapabilityStatement",
        "fhirVersion": release,
        "rest": [{"mode": "server", "resource": resource}],
    }


def bundle(*resources: Resource, next_url: str | None = None, **more: Any) -> Resource:
    """A page; `more` as total or meta."""
    link = [{"relation": "next", "url": next_url}] if next_url else []
    entry = [one if "resource" in one or "request" in one else {"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entry, "link": link, **more}


@contextmanager
def serving(script: Script) -> Iterator[str]:
    """The base address of a server that answers by `script`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            status, date, body = script(address.path.removeprefix("/fhir/"), parse_qs(address.query))
            self.send_response_only(status)
            if date is not None:
                self.send_header("Date", date)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield f"http://127.0.0.1:{port}/fhir"
