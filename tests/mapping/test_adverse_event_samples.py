"""The AdverseEvents of third-party samples, each mapped whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.adverse_events import CUSTOM
from support.repository import ROOT

SAMPLES = ROOT.parent / "shared" / "data"


def sample(name: str) -> list[dict[str, Any]]:
    """The AdverseEvents of a folder of samples, under ids of their own."""
    path = SAMPLES / name / "AdverseEvent.ndjson"
    if not path.exists():
        pytest.skip(f"no sample {name}")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "id": str(number)} for number, line in enumerate(filter(None, lines))]


def test_mcode_extraction_fixtures(mapped: Any) -> None:
    found = mapped(*sample("mcode-extraction-fixtures"))
    assert found.reasons == {}
    columns = "resource[-1:], condition_concept_id, condition_start_date::VARCHAR, condition_end_date::VARCHAR"
    assert found.rows("condition_occurrence", f"{columns}, condition_type_concept_id") == [
        ("0", 0, "1994-12-09", "2021-12-01", 32809),
        ("1", 0, "1994-12-09", None, 32809),
        ("2", 0, "1994-12-09", None, 32817),
        ("3", 0, "1994-12-09", "2021-12-09", 32809),
        ("4", 0, "1994-12-09", None, 32817),
    ]
    about = [
        ("recorded", None, None),
        ("seriousness", CUSTOM + 60, None),
        ("seriousness-criterion0", CUSTOM + 85, None),
        ("suspect0", None, None),
    ]
    said = found.rows("observation", "resource[-1:], slot, value_as_concept_id, value_as_number")
    by_event = {number: [row[1:] for row in said if row[0] == number] for number in "01234"}
    assert by_event == {
        "0": [("grade", 763790, 1), *about],
        "1": [about[0], about[1], ("severity", CUSTOM + 64, None), about[3]],
        "2": [],
        "3": [("grade", 765927, 2), *about],
        "4": [("grade", 765927, 2)],
    }


def test_r4_examples(mapped: Any) -> None:
    found = mapped(*sample("r4-examples"))
    assert found.reasons == {}
    columns = "condition_source_value, condition_start_date::VARCHAR, condition_type_concept_id"
    assert found.rows("condition_occurrence", columns) == [("304386008", "2017-01-29", 32817)]
    assert found.rows("observation", "slot, value_as_concept_id, value_as_string") == [
        ("seriousness", CUSTOM + 61, "Non-serious"),
        ("severity", CUSTOM + 62, "mild"),
        ("suspect0", None, "Medication"),
    ]
