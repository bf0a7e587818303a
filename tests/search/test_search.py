"""Search against a FHIR repository: what is read of it, and until when."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from etl.site import patient, visit, weight
from onco_etl.errors import ServerError
from onco_etl.server.search import Searched, search
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from search.hospital import Hospital, read

TYPES = ("Patient", "Encounter", "Observation")
EVENING = datetime(2024, 1, 2, 20, tzinfo=UTC)


def pull(hospital: Hospital, folder: Path, since: datetime | None = None, **more: Any) -> datetime:
    settings = ServerSettings(url=hospital.base, method="search", **{"types": TYPES, **more})
    with Wire(settings) as wire:
        return search(wire, settings, folder, since).until


def names(folder: Path) -> dict[str, list[str]]:
    """File name -> the ids of its lines, in order."""
    return {name: [json.loads(line)["id"] for line in lines] for name, lines in read(folder).items()}


def test_a_first_load_reads_everything_until_the_servers_own_instant(hospital: Hospital, tmp_path: Path) -> None:
    hospital.put(patient("p2"), "2024-01-02T10:00:00Z")
    hospital.put(patient("p1"), "2024-01-01T10:00:00Z")
    hospital.put(weight(), "2024-01-02T11:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z")
    assert pull(hospital, tmp_path / "pull") == EVENING
    # By what was changed first; of an Encounter there is none.
    assert names(tmp_path / "pull") == {"Patient.ndjson": ["p1", "p2"], "Observation.ndjson": ["o1"]}
    line = json.loads(read(tmp_path / "pull")["Patient.ndjson"][0])
    assert (line["birthDate"], line["meta"]["lastUpdated"]) == ("1970-02-03", "2024-01-01T10:00:00Z")


def test_the_next_night_reads_what_changed(hospital: Hospital, tmp_path: Path) -> None:
    hospital.put(patient("p1"), "2024-01-01T10:00:00Z")
    hospital.put(patient("p2"), "2024-01-02T10:00:00Z")
    hospital.put(patient("p1", gender="male"), "2024-01-02T21:00:00Z")
    hospital.put(visit(), "2024-01-02T20:00:00Z")
    hospital.at("2024-01-03T20:00:00.000Z")
    assert pull(hospital, tmp_path, EVENING) == datetime(2024, 1, 3, 20, tzinfo=UTC)
    assert names(tmp_path) == {"Patient.ndjson": ["p1"], "Encounter.ndjson": ["e1"]}
    assert json.loads(read(tmp_path)["Patient.ndjson"][0])["gender"] == "male"


def test_what_changes_during_the_read_is_left_to_the_next_night(hospital: Hospital, tmp_path: Path) -> None:
    hospital.at("2024-01-03T20:00:00.000Z")
    hospital.put(patient("p1"), "2024-01-03T19:59:59Z")
    hospital.put(patient("p2"), "2024-01-03T20:00:01Z")
    until = pull(hospital, tmp_path / "first", EVENING)
    assert names(tmp_path / "first") == {"Patient.ndjson": ["p1"]}
    hospital.at("2024-01-04T20:00:00.000Z")
    pull(hospital, tmp_path / "second", until)
    assert names(tmp_path / "second") == {"Patient.ndjson": ["p2"]}


def test_a_type_that_was_not_read_before_is_read_from_its_beginning(hospital: Hospital, tmp_path: Path) -> None:
    hospital.put(patient(), "2024-01-01T10:00:00Z")
    hospital.put(visit(), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-03T20:00:00.000Z", types=["Patient", "Encounter"])
    settings = ServerSettings(url=hospital.base, method="search", types=TYPES)
    with Wire(settings) as wire:
        searched = search(wire, settings, tmp_path, EVENING, known=("Patient", "Observation"))
    assert searched == Searched(datetime(2024, 1, 3, 20, tzinfo=UTC), ("Patient", "Encounter"))
    assert names(tmp_path) == {"Encounter.ndjson": ["e1"]}


def test_pages_are_followed(hospital: Hospital, tmp_path: Path) -> None:
    for number in range(7):
        hospital.put(patient(f"p{number}"), f"2024-01-01T10:00:0{number}Z")
    hospital.at("2024-01-02T20:00:00.000Z")
    pull(hospital, tmp_path, types=("Patient",), page_size=3)
    assert names(tmp_path) == {"Patient.ndjson": ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]}
    order = "_total=accurate&_sort=_lastUpdated&_count=3"
    assert hospital.asked() == [
        "/metadata",
        "/Patient?_summary=count&_lastUpdated=lt2024-01-02T20%3A00%3A00Z",
        f"/Patient?{order}",
        f"/Patient?{order}&_offset=3",
        f"/Patient?{order}&_offset=6",
    ]


def test_pages_smaller_than_asked_for_are_as_good(hospital: Hospital, tmp_path: Path) -> None:
    for number in range(5):
        hospital.put(patient(f"p{number}"), f"2024-01-01T10:00:0{number}Z")
    hospital.at("2024-01-02T20:00:00.000Z", most=2)
    pull(hospital, tmp_path, page_size=100)
    assert names(tmp_path) == {"Patient.ndjson": ["p0", "p1", "p2", "p3", "p4"]}


def test_a_large_first_load_is_read_in_windows(hospital: Hospital, tmp_path: Path) -> None:
    for number in range(45):
        hospital.put(patient(f"p{number:02}"), f"20{number:02}-01-01T00:00:00Z")
    hospital.at("2045-01-02T00:00:00.000Z")
    pull(hospital, tmp_path, types=("Patient",), page_size=1)
    assert names(tmp_path) == {"Patient.ndjson": [f"p{number:02}" for number in range(45)]}
    # Halves, until none has more than 20 pages.
    queries = [parse_qs(one.partition("?")[2]) for one in hospital.asked()]
    assert [one["_lastUpdated"] for one in queries if "_count" in one and "_offset" not in one] == [
        ["lt2007-07-03T12:00:00Z"],
        ["ge2007-07-03T12:00:00Z", "lt2026-04-03T06:00:00Z"],
        ["ge2026-04-03T06:00:00Z", "lt2045-01-02T00:00:00Z"],
    ]


@pytest.mark.parametrize("fault", [{"busy": 2}, {"broken": 2}])
def test_a_server_that_is_busy_or_broken_for_a_while(hospital: Hospital, tmp_path: Path, fault: dict[str, int]) -> None:
    hospital.put(patient(), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", **fault)
    pull(hospital, tmp_path, longest_wait_seconds=0.01)
    assert names(tmp_path) == {"Patient.ndjson": ["p1"]}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"next": False}, "Patient: the server counts 3 resources, but its pages end after 2; nothing of it is taken"),
        ({"loop": True}, "Patient: the next links lead round; nothing of it is taken"),
    ],
)
def test_pages_that_cannot_be_followed_to_the_end(
    hospital: Hospital, tmp_path: Path, fault: dict[str, bool], error: str
) -> None:
    for number in range(3):
        hospital.put(patient(f"p{number}"), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", **fault)
    with pytest.raises(ServerError, match=error):
        pull(hospital, tmp_path, page_size=2)
    assert read(tmp_path) == {}


def test_a_type_that_is_not_offered_is_left_out(
    hospital: Hospital, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital.put(patient(), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", types=["Patient"])
    pull(hospital, tmp_path)
    assert names(tmp_path) == {"Patient.ndjson": ["p1"]}
    assert "type left out" in capsys.readouterr().out


def test_a_server_that_offers_nothing_that_is_wanted(hospital: Hospital, tmp_path: Path) -> None:
    hospital.at("2024-01-02T20:00:00.000Z", types=["Practitioner"])
    with pytest.raises(ServerError, match="offers no search of any type that is wanted"):
        pull(hospital, tmp_path)
