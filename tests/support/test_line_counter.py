"""The counter itself, on literals."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from support.line_counter import UNREADABLE, count

PATIENT = '{"resourceType": "Patient", "id": "p1"}'
CONDITION = '{"resourceType": "Condition", "id": "c1"}'
BUNDLE = (
    '{"resourceType": "Bundle", "entry": ['
    '{"resource": {"resourceType": "Patient"}}, {"resource": {"resourceType": "Observation"}}, '
    '{"request": {"method": "DELETE", "url": "Patient/p9"}}]}'
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{PATIENT}\n{CONDITION}\n", {"Patient": 1, "Condition": 1}),
        (f"{PATIENT}\n{PATIENT}", {"Patient": 2}),
        (f"\n  \n{PATIENT}\r\n\r\n", {"Patient": 1}),
        (f"{PATIENT}\n{{broken\n", {"Patient": 1, UNREADABLE: 1}),
        (f"{{broken\n{PATIENT}\n", {"Patient": 1, UNREADABLE: 1}),
        ("[1]\n", {UNREADABLE: 1}),
        ('{"id": "x"}\n', {"": 1}),
        ('{\n  "resourceType": "Patient",\n  "id": "p1"\n}\n', {"Patient": 1}),
        (BUNDLE, {"Patient": 1, "Observation": 1}),
        (f"{BUNDLE}\n{PATIENT}\n", {"Patient": 2, "Observation": 1}),
        (BUNDLE.replace(", ", ",\n"), {"Patient": 1, "Observation": 1}),
        ('{"resourceType": "Bundle"}', {}),
        ("", {}),
    ],
)
def test_versions_by_type(tmp_path: Path, content: str, expected: dict[str, int]) -> None:
    (tmp_path / "x.ndjson").write_text(content, encoding="utf-8")
    assert count(tmp_path) == expected


def test_bad_utf8_is_one_unreadable_version(tmp_path: Path) -> None:
    (tmp_path / "x.ndjson").write_bytes(PATIENT.encode() + b'\n{"id": "\xff"}\n')
    assert count(tmp_path) == {"Patient": 1, UNREADABLE: 1}


def test_all_readable_files_of_all_folders_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.ndjson.gz").write_bytes(gzip.compress(f"{PATIENT}\n{PATIENT}\n".encode()))
    (tmp_path / "b.json").write_text(CONDITION, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text(PATIENT, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("one\ntwo\n", encoding="utf-8")
    assert count(tmp_path) == {"Patient": 3, "Condition": 1}
    assert count(tmp_path / "b.json") == {"Condition": 1}
