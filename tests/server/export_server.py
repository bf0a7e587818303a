"""A FHIR server that does bulk exports, written from the specification: Bulk Data Access 2.0 (and partial manifests of
3.0) with SMART Backend Services. Strict about what clients must send; `Faults` has a switch for what goes wrong.
"""

from __future__ import annotations

import gzip
import json
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from server.assertions import Client
from server.faults import Faults
from server.scripted import serving

Resource = dict[str, Any]
_REFERENCE = re.compile(r'"reference": "Patient/([^"]+)"')
NDJSON = "application/fhir+ndjson"


@dataclass
class _Job:
    types: list[str]
    manifest: dict[str, Any]
    files: list[bytes]
    partial: bool
    polls: int


class Refusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """An answer of 4xx or 5xx, with an OperationOutcome."""

    def __init__(self, status: int, code: str, text: str, retry_after: str = "") -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.retry_after = status, code, text, retry_after


class ExportServer:
    """What the server holds, how it is asked for it, and what it was asked.

    exportable: types that can be exported, or all. client: who may sign in; None lets everybody in. errors: what the
    error file of each export holds. lines_per_file: how output is cut.
    """

    def __init__(self, *, client: Client | None = None, lines_per_file: int = 3) -> None:
        self.faults = Faults()
        self.client = client
        self.exportable: set[str] | None = None
        self.errors: list[Resource] = []
        self.group: set[str] = set()
        self.lines_per_file = lines_per_file
        self.url = ""
        self.lock = RLock()
        self.requests: list[tuple[str, str]] = []
        self.kickoffs: list[dict[str, list[str]]] = []
        self.ended: list[str] = []
        self._resources: dict[tuple[str, str], Resource] = {}
        self._deleted: dict[tuple[str, str], datetime] = {}
        self.jobs: dict[str, _Job] = {}
        self._tokens: dict[str, int] = {}
        self._now = datetime.now(UTC) - timedelta(days=2)

    # --- what it holds

    def put(self, *resources: Resource) -> None:
        """Create or update resources, dated by the server's clock."""
        with self.lock:
            self._now += timedelta(seconds=1)
            for resource in resources:
                key = (resource["resourceType"], resource["id"])
                self._deleted.pop(key, None)
                self._resources[key] = {**resource, "meta": {"lastUpdated": self._now.isoformat()}}

    def remove(self, *keys: tuple[str, str]) -> None:
        """Delete resources by type and id."""
        with self.lock:
            self._now += timedelta(seconds=1)
            for key in keys:
                del self._resources[key]
                self._deleted[key] = self._now

    def forget_deletions(self) -> None:
        """As a server that does not tell what was deleted."""
        self._deleted.clear()

    def pass_time(self, **duration: float) -> None:
        """Let the server's clock go on."""
        self._now += timedelta(**duration)

    # --- exports

    def kick_off(self, path: str, query: dict[str, list[str]], headers: dict[str, str]) -> str:
        """The path of a new export's status."""
        if "respond-async" not in headers.get("prefer", "") or headers.get("accept") != "application/fhir+json":
            raise Refusal(400, "invalid", "Prefer: respond-async and Accept: application/fhir+json are required")
        if query.get("_outputFormat") != [NDJSON]:
            raise Refusal(400, "not-supported", "_outputFormat")
        self.kickoffs.append(query)
        types = ",".join(query.get("_type", [])).split(",")
        refused = [name for name in types if self.exportable is not None and name not in self.exportable]
        if refused:
            raise Refusal(400, "not-supported", f"no export of {refused[0]}" if self.faults.kickoff_texts else "no")
        since = datetime.fromisoformat(query["_since"][0]) if "_since" in query else None
        patients = self._patients(path)
        name = str(len(self.jobs) + 1)
        self.jobs[name] = self._export(name, types, since, patients, "allowPartialManifests" in query)
        return f"/r4/jobs/{name}"

    def _patients(self, path: str) -> set[str] | None:
        """Whose data a path asks for; None for everything."""
        if path == "/r4/$export":
            return None
        if path == "/r4/Patient/$export":
            return {name for kind, name in self._resources if kind == "Patient"}
        if path == "/r4/Group/g1/$export":
            return self.group
        raise Refusal(404, "not-found", "no such export")

    def _export(
        self, name: str, types: list[str], since: datetime | None, patients: set[str] | None, partial: bool
    ) -> _Job:
        self._now += timedelta(seconds=1)
        job = _Job(types, {}, [], partial, self.faults.polls)
        output = []
        for kind in types:
            found = [r for r in self._resources.values() if r["resourceType"] == kind and _wanted(r, since, patients)]
            for start in range(0, len(found), self.lines_per_file):
                output.append(self._file(job, name, kind, found[start : start + self.lines_per_file]))
        gone = [key for key, when in self._deleted.items() if since and when > since and key[0] in types]
        job.manifest = {
            "transactionTime": self._now.isoformat(),
            "request": "as sent",
            "requiresAccessToken": self.client is not None,
            "output": output,
            "deleted": [self._file(job, name, "Bundle", [_deletion(gone)])] if gone else [],
            "error": [self._file(job, name, "OperationOutcome", self.errors)] if self.errors else [],
        }
        return job

    def _file(self, job: _Job, name: str, kind: str, resources: list[Resource]) -> dict[str, Any]:
        job.files.append("".join(json.dumps(resource) + "\n" for resource in resources).encode())
        count = len(resources) + self.faults.strike("short")
        at = self.faults.files_at or self.url
        return {"type": kind, "url": f"{at}/files/{name}/{len(job.files) - 1}.ndjson", "count": count}

    def job(self, name: str) -> _Job:
        """An export that goes on or is done."""
        if name not in self.jobs or name in self.ended:
            raise Refusal(404, "not-found", "no such export")
        return self.jobs[name]

    def status(self, name: str, page: int) -> tuple[int, dict[str, Any] | None]:
        """Status and manifest of an export; with partial manifests, one file each."""
        if self.faults.strike("lose_jobs"):
            self.ended.append(name)
        job = self.job(name)
        if self.faults.strike("fail_jobs"):
            raise Refusal(500, "exception", "Zhang San cannot be exported")
        job.polls -= 1
        if not job.partial:
            return (202, None) if job.polls >= 0 else (200, job.manifest)
        output = job.manifest["output"]
        here = {**job.manifest, "output": output[page : page + 1], "deleted": [], "error": []}
        if page + 1 >= len(output):
            return (200, {**job.manifest, "output": output[page : page + 1]})
        if job.polls < 0:
            here["link"] = [{"relation": "next", "url": f"{self.url}/r4/jobs/{name}/{page + 1}"}]
        return 202, here

    # --- who may ask

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """A token for a signed assertion."""
        assert self.client is not None
        self.client.check(form, f"{self.url}/token")
        name = f"token-{len(self._tokens) + 1}"
        self._tokens[name] = self.faults.requests_per_token or 1_000_000
        return {"access_token": name, "token_type": "bearer", "expires_in": 240, "scope": form["scope"]}

    def let_in(self, headers: dict[str, str]) -> None:
        """Refuses who has no token, or one that has expired."""
        if self.client is None:
            return
        token = headers.get("authorization", "").removeprefix("Bearer ")
        self._tokens[token] = self._tokens.get(token, 0) - 1
        if self._tokens[token] < 0:
            raise Refusal(401, "login", "no token, or an expired one")

    def now(self) -> datetime:
        """The server's clock."""
        return self._now


def _wanted(resource: Resource, since: datetime | None, patients: set[str] | None) -> bool:
    if since and datetime.fromisoformat(resource["meta"]["lastUpdated"]) <= since:
        return False
    if patients is None:
        return True
    about = {resource["id"]} if resource["resourceType"] == "Patient" else set(_REFERENCE.findall(json.dumps(resource)))
    return bool(about & patients) or (resource["resourceType"] != "Patient" and not about)


def _deletion(keys: list[tuple[str, str]]) -> Resource:
    entries = [{"request": {"method": "DELETE", "url": f"{kind}/{name}"}} for kind, name in keys]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


@contextmanager
def running(hospital: ExportServer, tls: ssl.SSLContext | None = None) -> Iterator[ExportServer]:
    """Serves it on a port of this machine; `hospital.url` is its origin."""

    class Handler(_Handler):
        server_of = hospital

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server) as port:
        hospital.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
        yield hospital


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server_of: ExportServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - the signature is the library's
        return format_datetime(self.server_of.now(), usegmt=True)

    def do_GET(self) -> None:
        self._guarded(self._get)

    def do_POST(self) -> None:
        self._guarded(self._post)

    def do_DELETE(self) -> None:
        self._guarded(self._delete)

    def _guarded(self, answer: Any) -> None:
        hospital = self.server_of
        self.sent = {name.lower(): value for name, value in self.headers.items()}
        url = urlsplit(self.path)
        self.query = parse_qs(url.query)
        with hospital.lock:
            hospital.requests.append((self.command, url.path))
            try:
                if hospital.faults.busy:
                    status, retry_after = hospital.faults.busy.pop(0)
                    raise Refusal(status, "throttled", "later", retry_after)
                if hospital.faults.down and url.path.startswith(hospital.faults.down):
                    raise Refusal(503, "transient", "later")
                answer(url.path)
            except Refusal as refusal:
                self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        issue = {"severity": "error", "code": refusal.code, "diagnostics": refusal.text}
        more = {"Retry-After": refusal.retry_after} if refusal.retry_after else {}
        self._json(refusal.status, {"resourceType": "OperationOutcome", "issue": [issue]}, more)

    def _json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self._head(status, {"Content-Length": str(len(body)), "Content-Type": "application/json", **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _get(self, path: str) -> None:
        hospital = self.server_of
        if path == "/r4/.well-known/smart-configuration":
            self._json(200, hospital.client.configuration(hospital.url) if hospital.client else {})
            return
        hospital.let_in(self.sent)
        if path.endswith("/$export"):
            where = hospital.kick_off(path, self.query, self.sent)
            self._json(202, None, {"Content-Location": f"{hospital.url}{where}"})
        elif found := re.fullmatch(r"/r4/jobs/(\d+)(?:/(\d+))?", path):
            self._status(found[1], int(found[2] or 0))
        elif found := re.fullmatch(r"/files/(\d+)/(\d+)\.ndjson", path):
            self._download(found[1], int(found[2]))
        elif path == "/r4/Group/g1":
            members = [{"entity": {"reference": f"Patient/{name}"}} for name in sorted(hospital.group)]
            self._json(200, {"resourceType": "Group", "id": "g1", "member": members})
        else:
            raise Refusal(404, "not-found", "no such address")

    def _status(self, name: str, page: int) -> None:
        if "application/json" not in self.sent.get("accept", ""):
            raise Refusal(406, "not-supported", "Accept")
        status, manifest = self.server_of.status(name, page)
        self._json(status, manifest, {"Retry-After": "0", "X-Progress": "half\x07way"} if status == 202 else {})

    def _post(self, path: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path != "/token" or self.server_of.client is None:
            raise Refusal(404, "not-found", "no such address")
        try:
            self._json(200, self.server_of.token(dict(parse_qsl(body.decode()))))
        except PermissionError as error:
            self._json(401 if str(error) == "invalid_client" else 400, {"error": str(error)})

    def _delete(self, path: str) -> None:
        self.server_of.let_in(self.sent)
        name = path.rsplit("/", 1)[-1]
        self.server_of.job(name)
        self.server_of.ended.append(name)
        self._json(202, None)

    def _download(self, name: str, number: int) -> None:
        faults, job = self.server_of.faults, self.server_of.job(name)
        if faults.strike("expire_files"):
            raise Refusal(404, "not-found", "expired")
        if faults.away:
            self._json(302, None, {"Location": f"{faults.away}{self.path}"})
            return
        body = job.files[number]
        headers = {"Content-Type": NDJSON}
        if "gzip" in self.sent.get("accept-encoding", ""):
            body = gzip.compress(body, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if faults.strike("truncated"):
            body = body[:-10]
        self._send(body, headers, f'"{name}-{number}-{len(body)}"')

    def _send(self, body: bytes, headers: dict[str, str], tag: str) -> None:
        faults, status = self.server_of.faults, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", self.sent.get("range", ""))
        if faults.ranges:
            headers["ETag"] = tag
            if wanted and self.sent.get("if-range") == tag:
                status, start = 206, int(wanted[1])
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body = body[start:]
        if faults.endless or faults.drip:
            headers["Content-Length"] = str(1 << 40)
            self._head(status, headers)
            self._go_on(b"{" if faults.drip else b"{" * 65536, faults.drip)
            return
        self._head(status, {**headers, "Content-Length": str(len(body))})
        if faults.strike("cut"):
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def _go_on(self, piece: bytes, pause: float) -> None:
        try:
            while True:
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            self.close_connection = True
