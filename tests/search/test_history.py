"""Histories of types, as servers tell them in one way or another."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from onco_etl.errors import ServerError
from onco_etl.server.search import search
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from search.hospital import read
from search.scripted import Answer, Query, Resource, bundle, capability, ok, refused, serving

SINCE = datetime(2024, 1, 1, 20, 30, 15, 250000, tzinfo=UTC)
DELETED = "2024-01-02T08:00:00Z"


def event(method: str, name: str, when: str | None = None, **more: Any) -> Resource:
    response = {"response": {"lastModified": when, **more}} if when else {}
    return {"request": {"method": method, "url": f"Patient/{name}"}, **response}


def pull(folder: Path, *pages: Resource | Answer, since: datetime | None = SINCE, **more: Any) -> list[Query]:
    """Search a server without resources, whose history of Patient is these pages; what was asked of the history."""
    asked: list[Query] = []

    def script(path: str, query: Query) -> Answer:
        if path == "metadata":
            return ok(capability("Patient", history=True))
        if path == "Patient":
            return ok(bundle(total=0))
        asked.append(query)
        page = pages[len(asked) - 1]
        return page if isinstance(page, tuple) else ok(page)

    with serving(script) as base:
        settings = ServerSettings(url=base, method="search", types=("Patient",), attempts=1, **more)
        with Wire(settings) as wire:
            search(wire, settings, folder, since)
    return asked


def deleted(folder: Path) -> list[tuple[str, Resource]]:
    """(address, response) of each entry that was written."""
    lines = read(folder).get("0-deleted-Patient.ndjson", [])
    found = [entry for line in lines for entry in json.loads(line)["entry"]]
    assert all(set(entry) == {"request", "response"} and entry["request"]["method"] == "DELETE" for entry in found)
    return [(entry["request"]["url"], entry["response"]) for entry in found]


def test_deletions_are_written_with_what_the_server_says_of_them(tmp_path: Path) -> None:
    page = bundle(
        event("DELETE", "p2", DELETED, etag='W/"3"'),
        event("PUT", "p3", DELETED),
        event("DELETE", "p1/_history/2"),
        # A server that names what it deleted by its full address alone.
        {"fullUrl": "https://fhir.example.org/r4/Patient/p4", "request": {"method": "DELETE"}},
        {
            **event("DELETE", "p5"),
            "resource": {"resourceType": "Patient", "id": "p5", "meta": {"lastUpdated": DELETED}},
        },
        total=5,
    )
    asked = pull(tmp_path, page)
    assert asked == [{"_since": ["2024-01-01T20:30:15Z"], "_count": ["500"]}]
    assert deleted(tmp_path) == [
        ("Patient/p1", {"status": "204"}),
        ("Patient/p2", {"status": "204", "lastModified": DELETED, "etag": 'W/"3"'}),
        ("Patient/p4", {"status": "204"}),
        ("Patient/p5", {"status": "204", "lastModified": DELETED}),
    ]


def test_a_deletion_without_a_date_counts_where_it_is_the_last_word(tmp_path: Path) -> None:
    pages = (
        bundle(event("PUT", "back"), event("DELETE", "gone"), next_url="Patient/_history?page=2"),
        bundle(event("DELETE", "back"), event("DELETE", "back", "soon"), event("PUT", "gone")),
    )
    pull(tmp_path, *pages)
    assert deleted(tmp_path) == [("Patient/gone", {"status": "204"})]


def test_many_deletions_are_several_bundles(tmp_path: Path) -> None:
    pull(tmp_path, bundle(*(event("DELETE", f"p{number}", DELETED) for number in range(2500))))
    lines = read(tmp_path)["0-deleted-Patient.ndjson"]
    assert [len(json.loads(line)["entry"]) for line in lines] == [1000, 1000, 500]
    assert len({address for address, _ in deleted(tmp_path)}) == 2500


def test_a_first_load_asks_for_no_history(tmp_path: Path) -> None:
    assert pull(tmp_path, since=None) == []


def test_a_history_that_is_refused_leaves_the_deletions_to_a_later_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull(tmp_path, refused(501))
    assert read(tmp_path) == {}
    assert "deletions not seen" in capsys.readouterr().out


def test_a_history_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    page = bundle(event("DELETE", "p1", DELETED), total=2)
    with pytest.raises(ServerError, match="Patient/_history: the server counts 2 versions, but its pages end after 1"):
        pull(tmp_path / "a", page)
    pull(tmp_path / "b", page, totals=False)
    assert [address for address, _ in deleted(tmp_path / "b")] == ["Patient/p1"]
