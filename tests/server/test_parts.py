"""Small parts by themselves: how long to wait, whether a file is whole, what a manifest must say."""

from __future__ import annotations

import gzip
import time
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx
import pytest

from onco_etl.errors import ServerError
from onco_etl.server import manifest, outcome, received, waiting

REQUEST = httpx.Request("GET", "https://fhir.example.org/r4/jobs/1")


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("120", None, 120),
        ("0", None, 0),
        ("999999", None, 600),
        ("Thu, 26 Nov 2026 01:02:00 GMT", "Thu, 26 Nov 2026 01:00:00 GMT", 120),
        ("Thu, 26 Nov 2026 01:00:00 GMT", "Thu, 26 Nov 2026 01:02:00 GMT", 0),
        ("1.5", None, None),
        ("-3", None, None),
        ("²", None, None),
        ("", None, None),
    ],
)
def test_what_a_server_asks_to_wait(retry_after: str, date: str | None, seconds: float | None) -> None:
    headers = [(b"Retry-After", retry_after.encode())] + ([(b"Date", date.encode())] if date else [])
    assert waiting.asked(httpx.Response(503, headers=headers), 600) == seconds


def test_a_moment_instead_of_a_duration_is_taken_as_one() -> None:
    in_a_minute = int(time.time()) + 60
    for said in (str(in_a_minute), str(in_a_minute * 1000), formatdate(in_a_minute, usegmt=True)):
        asked = waiting.asked(httpx.Response(429, headers={"Retry-After": said}), 600)
        assert asked is not None
        assert 55 < asked <= 60


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", 0),
        (b"\n \n", 0),
        (b"{}", 1),
        (b"{}\n{}\n", 2),
        (b"\xef\xbb\xbf{}\r\n\r\n{}\r\n", 2),
        (b"{" + b" " * (3 << 20) + b"}\n{}", 2),
        (b"{}\n" * 700_000, 700_000),
    ],
)
def test_the_lines_of_a_file_are_counted_plain_or_compressed(tmp_path: Path, content: bytes, lines: int) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert received.count(file, 1 << 30) == received.Counted(lines, False)
    file.write_bytes(gzip.compress(content, 1))
    assert received.count(file, 1 << 30) == received.Counted(lines, True)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"<html>", "it is no NDJSON"),
        (gzip.compress(b"{}\n" * 9, mtime=0)[:-4], "its compression is cut short or damaged"),
        (gzip.compress(b"{" * 5000, mtime=0), "more than server.maximum_download bytes, decompressed"),
    ],
)
def test_what_is_no_whole_file_is_broken(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(received.BrokenFileError, match=f"^{fault}$"):
        received.count(tmp_path / "file", 1000)


def answer(**changes: Any) -> httpx.Response:
    content = {"transactionTime": "2026-01-01T00:00:00Z", "requiresAccessToken": False, "output": [], **changes}
    return httpx.Response(200, json=content, request=REQUEST, headers={"Date": "Thu, 01 Jan 2026 00:00:10 GMT"})


def test_addresses_of_a_manifest_become_absolute_and_odd_types_are_not_taken() -> None:
    found = manifest.parse(
        answer(
            output=[{"type": "../x", "url": "../files/1", "count": True}],
            error=None,
            link=[{"relation": "next", "url": "/next"}],
        )
    )
    assert found.output == (manifest.File("https://fhir.example.org/r4/files/1", "Any", None),)
    assert (found.error, found.following) == ((), "https://fhir.example.org/next")


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"transactionTime": None}, "transactionTime"),
        ({"transactionTime": "2026-01-01"}, "transactionTime"),
        ({"transactionTime": "2026-01-01T00:06:00Z"}, "transactionTime"),
        ({"requiresAccessToken": "true"}, "requiresAccessToken"),
        ({"output": {}}, "output"),
        ({"deleted": [1]}, "deleted.url"),
        ({"output": [{"type": "Patient"}]}, "output.url"),
    ],
)
def test_a_manifest_that_cannot_be_used_names_the_element(changes: dict[str, Any], element: str) -> None:
    with pytest.raises(ServerError, match=f"^the export's manifest cannot be used: {element}$"):
        manifest.parse(answer(**changes))


def test_of_an_outcome_only_the_words_of_fhir_are_taken() -> None:
    issue = b'{"code": "Zhang", "diagnostics": "no Location, Patient/1"}'
    body = b'{"resourceType": "OperationOutcome", "issue": [' + issue + b", 1]}"
    assert outcome.codes(body) == "unknown"
    assert outcome.mentions(body, ("Location", "Patient", "Encounter")) == ("Location", "Patient")
    assert outcome.codes(b"[" * 100_000) == outcome.codes(b'{"issue": 1}') == ""
