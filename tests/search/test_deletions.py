"""What was deleted on a FHIR repository: by its history, by a pass over its ids, and all the way to CDM rows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from etl.site import Resource, Site, patient, visit, weight
from onco_etl import pipeline
from onco_etl.server import reconcile
from onco_etl.server.reconcile import Reconciled
from onco_etl.server.search import search
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from search.hospital import Hospital, read

TYPES = ("Patient", "Encounter", "Observation")
EVENING = datetime(2024, 1, 2, 20, tzinfo=UTC)


class Nights:
    """A site whose nights read the hospital's server by search."""

    def __init__(self, hospital: Hospital, site: Site) -> None:
        self.site = site
        self.server = ServerSettings(url=hospital.base, method="search", types=TYPES)
        self.since: datetime | None = None
        self.count = 0

    def night(self) -> dict[str, int]:
        """Search, and sync what was found; received versions by fate."""
        with Wire(self.server) as wire:
            until = search(wire, self.server, self._folder(), self.since).until
        fates = pipeline.sync(self.site.settings, self._folder()).fates
        self.since = until
        self.count += 1
        return fates

    def reconcile(self) -> Reconciled:
        """A pass over the ids, into the folder of the next sync."""
        with Wire(self.server) as wire:
            return reconcile.by_search(wire, self.site.settings, self.server, self._folder())

    def _folder(self) -> Path:
        return self.site.folder / f"pull{self.count}"


@pytest.fixture
def nights(hospital: Hospital, tmp_path: Path) -> Nights:
    return Nights(hospital, Site(tmp_path))


def entries(file: str) -> list[Resource]:
    bundle = json.loads(file)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "history")
    found: list[Resource] = bundle["entry"]
    return found


def test_nights_by_search_give_the_rows_of_what_the_server_has(hospital: Hospital, nights: Nights) -> None:
    hospital.put(patient(), "2024-01-01T10:00:00Z")
    hospital.put(visit(), "2024-01-01T10:00:00Z")
    hospital.put(weight(), "2024-01-01T10:00:00Z")
    hospital.put(weight("o2", value=61.0), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z")
    assert nights.night() == {"mapped": 4}
    assert nights.site.rows() == [(1970, "2021-03-01", 60.0), (1970, "2021-03-01", 61.0)]

    hospital.put(weight(value=62.5), "2024-01-03T10:00:00Z")
    hospital.at("2024-01-03T11:00:00.000Z")
    hospital.delete("Observation/o2")
    hospital.at("2024-01-03T20:00:00.000Z")
    assert nights.night() == {"mapped": 1, "deleted": 1}
    assert nights.site.rows() == [(1970, "2021-03-01", 62.5)]


def test_the_history_of_a_type_tells_what_was_deleted(hospital: Hospital, tmp_path: Path) -> None:
    for name in ("p1", "p2", "p3"):
        hospital.put(patient(name), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-03T09:00:00.000Z")
    hospital.delete("Patient/p2")
    hospital.delete("Patient/p1")
    hospital.put(patient("p1"), "2024-01-03T10:00:00Z")
    hospital.at("2024-01-03T20:00:00.000Z")
    settings = ServerSettings(url=hospital.base, method="search", types=("Patient",), page_size=2)
    with Wire(settings) as wire:
        search(wire, settings, tmp_path, EVENING)
    files = read(tmp_path)
    assert sorted(files) == ["0-deleted-Patient.ndjson", "Patient.ndjson"]
    modified = {"status": "204", "lastModified": "2024-01-03T09:00:00.000Z"}
    # p1 came back later: both are dated, so the ETL sees which is newer.
    assert entries(files["0-deleted-Patient.ndjson"][0]) == [
        {"request": {"method": "DELETE", "url": "Patient/p1"}, "response": modified},
        {"request": {"method": "DELETE", "url": "Patient/p2"}, "response": modified},
    ]
    assert hospital.asked()[-2:] == [
        "/Patient/_history?_since=2024-01-02T20%3A00%3A00Z&_count=2",
        "/Patient/_history?_since=2024-01-02T20%3A00%3A00Z&_count=2&_offset=2",
    ]


def test_without_a_history_a_pass_over_the_ids_finds_what_vanished(hospital: Hospital, nights: Nights) -> None:
    for resource in (patient(), visit(), weight(), weight("o2", value=61.0), weight("o3", value=62.0)):
        hospital.put(resource, "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", history=False)
    nights.night()
    hospital.delete("Observation/o2")
    hospital.delete("Observation/o3")
    hospital.put(patient("p2"), "2024-01-02T21:00:00Z")
    assert nights.reconcile() == Reconciled(deleted={"Observation": 2}, refused={})
    files = read(nights.site.folder / "pull1")
    assert sorted(files) == ["0-vanished-Observation.ndjson"]
    gone = {"status": "204"}
    assert entries(files["0-vanished-Observation.ndjson"][0]) == [
        {"request": {"method": "DELETE", "url": "Observation/o2"}, "response": gone},
        {"request": {"method": "DELETE", "url": "Observation/o3"}, "response": gone},
    ]
    # What comes back before the night ends is there after it.
    hospital.put(weight("o3", value=63.0), "2024-01-02T22:00:00Z")
    hospital.at("2024-01-03T20:00:00.000Z", history=False)
    assert nights.night() == {"deleted": 1, "mapped": 2, "superseded": 1}
    assert nights.site.rows() == [(1970, "2021-03-01", 60.0), (1970, "2021-03-01", 63.0)]
    # What was deleted is no longer held against the server.
    assert nights.reconcile() == Reconciled(deleted={}, refused={})


def test_where_much_of_a_type_vanished_nothing_of_it_is_deleted(
    hospital: Hospital, nights: Nights, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(60):
        hospital.put(patient(f"p{number}"), "2024-01-01T10:00:00Z")
    hospital.put(visit(), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", history=False)
    nights.night()
    # Of few resources all may vanish: here one of one.
    for address in ("Encounter/e1", *(f"Patient/p{number}" for number in range(20))):
        hospital.delete(address)
    assert nights.reconcile() == Reconciled(deleted={"Encounter": 1}, refused={"Patient": (20, 60)})
    assert set(read(nights.site.folder / "pull1")) == {"0-vanished-Encounter.ndjson"}
    said = capsys.readouterr().out
    assert "too many vanished to be believed: none of them deleted" in said
    assert "server.vanished_share" in said
    nights.server = replace(nights.server, vanished_share=1.0)
    assert nights.reconcile() == Reconciled(deleted={"Encounter": 1, "Patient": 20}, refused={})


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_still_at_its_address_is_kept(hospital: Hospital, gone: bool) -> None:
    hospital.put(patient("p1"), "2024-01-01T10:00:00Z")
    hospital.put(patient("p2"), "2024-01-01T10:00:00Z")
    hospital.delete("Patient/p2")
    # As 410, or as 404.
    hospital.at("2024-01-02T20:00:00.000Z", gone=gone)
    settings = ServerSettings(url=hospital.base)
    with Wire(settings) as wire:
        assert [reconcile.is_gone(wire, settings, f"Patient/{name}") for name in ("p1", "p2")] == [False, True]
