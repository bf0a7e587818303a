"""The FHIR repository of tests/search/server, in a process of its own, with a clock that tests set."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from support.repository import ROOT

APP = ROOT / "tests" / "search" / "server" / "app.mjs"
PACKAGES = ROOT / ".fhir_server_cache"
OLDEST_NODE = 18

Resource = dict[str, Any]


def missing() -> str | None:
    """Why the server cannot be started here, or None."""
    node = shutil.which("node")
    if node is None:
        return "node is not installed"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        return f"node {version} is older than {OLDEST_NODE}"
    return None if (PACKAGES / "stamp").exists() else "its packages are not installed: make fhirserver"


@contextmanager
def running() -> Iterator[Hospital]:
    """The server, until the end of the block."""
    with subprocess.Popen(
        ["node", str(APP)], cwd=PACKAGES, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, "the FHIR server did not start"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            yield Hospital(client)
        # It ends when nobody holds its standard input.
        process.stdin.close()


class Hospital:
    """What a test does to the hospital's server, apart from what is tested."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.base = str(client.base_url.join("/fhir"))

    def reset(self) -> None:
        """No resources, no faults, 1 January 2024, 00:00 UTC."""
        self._client.post("/reset").raise_for_status()

    def at(self, now: str, **switches: Any) -> None:
        """The server's clock stands at `now`; faults as named in app.mjs, all others off."""
        self._client.put("/switches", json={"now": now, **switches}).raise_for_status()

    def put(self, resource: Resource, when: str) -> None:
        """The resource as of an instant."""
        dated = {**resource, "meta": {"lastUpdated": when}}
        self._client.put(f"/fhir/{resource['resourceType']}/{resource['id']}", json=dated).raise_for_status()

    def delete(self, address: str) -> None:
        """Delete `<Type>/<id>`, at the instant at which the clock stands."""
        self._client.delete(f"/fhir/{address}").raise_for_status()

    def asked(self) -> list[str]:
        """Paths and queries of all that was read since the last reset."""
        requests: list[str] = self._client.get("/requests").raise_for_status().json()
        return requests


def read(folder: Path) -> dict[str, list[str]]:
    """File name -> its lines, of a folder that was pulled."""
    return {file.name: file.read_text(encoding="utf-8").splitlines() for file in sorted(folder.iterdir())}
