"""Whose a resource is, in every way in which FHIR says so; and the lines that are cut out of files."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from onco_etl import erasure_pulled, erasure_scope, json_spans, landing, redaction, sources
from onco_etl.whose import Whose

WHOSE = Whose(frozenset({"1"}), frozenset({("urn:mrn", "A7")}), ("https://ehr.example/fhir/",))
SAME = {"system": "urn:mrn", "value": "A7"}


@pytest.mark.parametrize(
    ("element", "value", "expected"),
    [
        ("subject", {"reference": "Patient/1"}, True),
        ("subject", {"reference": "Patient/1/_history/3"}, True),
        ("patient", {"reference": "https://ehr.example/fhir/Patient/1"}, True),
        ("patient", {"reference": "https://other.example/fhir/Patient/1"}, False),
        ("beneficiary", {"reference": "urn:uuid:1"}, True),
        ("for", {"identifier": SAME}, True),
        ("for", {"identifier": {"value": "A7"}}, False),
        ("individual", {"reference": "Patient?identifier=urn%3Amrn|A7"}, True),
        ("subject", [{"reference": "Group/1"}, {"reference": "Patient/1"}], True),
        ("subject", {"reference": "Group/1"}, False),
        ("subject", {"reference": "Patient/11"}, False),
        ("subject", {"reference": "#p"}, True),
        ("subject", {"reference": "#q"}, False),
        ("subject", "Patient/1", False),
        ("performer", [{"reference": "Patient/1"}], False),
    ],
)
def test_whom_a_resource_is_about(element: str, value: Any, expected: bool) -> None:
    contained = [{"resourceType": "Patient", "id": "p", "identifier": [SAME]}, {"resourceType": "Patient", "id": "q"}]
    assert WHOSE.owns({"resourceType": "Any", "id": "1", "contained": contained, element: value}) is expected


@pytest.mark.parametrize(
    ("text", "refused", "found"),
    [
        ('{"resourceType": "Patient", "id": "1"}', [], {0}),
        ('{"resourceType": "Patient", "id": "2", "link": [{"other": {"reference": "Patient/1"}}]}', [], set()),
        ('{"resourceType": "Patient", "id": "2", "link": [{"other": {"reference": "Patient/1"}}]}', [0], {0}),
        ('{"resourceType": "Patient", "id": "\\u0031"}', [], {0}),
        ('{"resourceType": "Any", "subject": {"reference": "Patient\\/1"}', [], {0}),
        ('{"resourceType": "Any", "subject": {"reference": "Patient/12"}', [], set()),
        ('{"id": "1", "resourceType": "Patient", ', [], {0}),
        ('{"x": "A7"', [], {0}),
        ('{"resourceType": "Any"} {"resourceType": "Patient", "id": "1"}', [], {0}),
    ],
)
def test_lines_readable_or_not(text: str, refused: list[int], found: set[int]) -> None:
    assert erasure_scope.judge(text.encode(), WHOSE, refused) == found


def test_entries_of_a_bundle() -> None:
    entries: list[Any] = [
        {"fullUrl": "urn:uuid:a", "resource": {"resourceType": "Patient", "id": "1"}},
        {"resource": {"resourceType": "Any", "subject": {"reference": "urn:uuid:a"}}},
        {"request": {"method": "DELETE", "url": "Patient/1"}},
        {"resource": {"resourceType": "Any", "subject": {"reference": "Patient/2"}}},
        "no entry",
    ]
    line = json.dumps({"resourceType": "Bundle", "link": [{"url": "?patient=1"}], "type": "batch", "entry": entries})
    assert erasure_scope.judge(line.encode(), WHOSE) == {1, 2, 3}
    left = json.loads(redaction.without_entries(line.encode(), {1, 2, 3}))
    erased = json.loads(redaction.ERASED)
    assert left == {"resourceType": "Bundle", "type": "batch", "entry": [erased, erased, erased, *entries[3:]]}
    assert redaction.without_entries(line.encode(), {1, 2, 3, 4, 5}) == b"\n"


def test_what_stays_keeps_its_bytes() -> None:
    text = '\ufeff{"resourceType": "Bundle", "entry": [ {"a": 1.50,\n"a": 2} , {"resource": {}}\n]}\n{"x": 1}\n'
    assert [text[1:][a:b] for a, b in json_spans.entries(text[1:])] == ['{"a": 1.50,\n"a": 2}', '{"resource": {}}']
    left = redaction.document(text.encode(), {1: {2}, 2: {0}}).decode()
    kept = '{"a": 1.50, "a": 2}'
    first = f'{{"resourceType":"Bundle","type":null,"entry":[{kept},{redaction.ERASED}]}}\n\n'
    assert left == f'{first}\n{{"resourceType":"Bundle"}}\n'
    assert redaction.document(left.encode(), {1: {2}, 2: {0}}).decode() == left
    assert redaction.document(b"{\nno", {1: {0}}) == b'{"resourceType":"Bundle"}\n'


def test_lines_are_found_by_number_in_any_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing, "_CHUNK", 7)
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"x": 1}\n\nneedle and needle\n{"y": 2}\n a needle')
    limits = landing.Limits(line=1 << 16, file=1 << 16)
    (file,) = landing.land(sources.find(path), tmp_path / "landed", source="s", limits=limits)
    found = list(landing.matching_lines(file, re.compile(b"needle")))
    assert found == [(3, b"needle and needle\n"), (5, b" a needle")]


def test_a_pulled_file_keeps_the_length_of_its_lines(tmp_path: Path) -> None:
    text = b'{"resourceType": "Patient", "id": "1"}\r\n{"resourceType": "Patient", "id": "2"}\n'
    plain, packed, other = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz", tmp_path / "c.json"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    other.write_bytes(b'{"since": "2021"}')
    members, left_group = tmp_path / "settled.json", tmp_path / "0-left-the-group.json"
    members.write_text('{"members": ["1", "2"]}', encoding="utf-8")
    gone = [{"request": {"method": "DELETE", "url": f"Patient/{name}"}} for name in ("1", "2")]
    left_group.write_text(json.dumps({"resourceType": "Bundle", "type": "batch", "entry": gone}, indent=1))
    assert erasure_pulled.scrub(tmp_path, WHOSE) == 4
    expected = b" " * 38 + b"\r\n" + text.split(b"\n")[1] + b"\n"
    assert (plain.read_bytes(), gzip.decompress(packed.read_bytes())) == (expected, expected)
    assert other.read_bytes() == b'{"since": "2021"}'
    assert json.loads(members.read_bytes()) == {"members": ["2"]}
    assert json.loads(left_group.read_bytes())["entry"] == [json.loads(redaction.ERASED), gone[1]]
