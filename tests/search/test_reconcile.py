"""What vanished: a complete read against the workspace, whatever the read came from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from etl.site import Resource, Site, patient, visit, weight
from onco_etl.errors import ServerError, StateError
from onco_etl.server.reconcile import Reconciled, reconcile
from onco_etl.server.search import identities
from onco_etl.server.settings import ServerSettings
from onco_etl.server.wire import Wire
from onco_etl.settings import EtlSettings
from search.hospital import Hospital, read
from search.scripted import Answer, Query, bundle, capability, ok, serving

SERVER = ServerSettings(url="https://fhir.example.org/r4")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two patients, a visit and a weight; what other sources sent is not this one's."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.night(patient("p1"), patient("p2"), visit(), weight())
    site.night({"resourceType": "Bundle", "entry": [{"request": {"method": "DELETE", "url": "Observation/o1"}}]})
    return site


def ndjson(file: Path, *resources: Resource) -> Path:
    text = "".join(f"{json.dumps(resource)}\n" for resource in resources).encode()
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return file


def test_what_files_of_an_export_do_not_have_has_vanished(site: Site, tmp_path: Path) -> None:
    files = [
        ndjson(tmp_path / "1.ndjson", patient("p1")),
        ndjson(tmp_path / "2.ndjson.gz", visit(), {"resourceType": "Encounter", "id": "p2"}),
    ]
    found = reconcile(site.settings, SERVER, files, tmp_path / "pull", ("Patient", "Encounter", "Observation"))
    assert found == Reconciled(deleted={"Patient": 1}, refused={})
    assert [json.loads(line) for line in read(tmp_path / "pull")["0-vanished-Patient.ndjson"]] == [
        {
            "resourceType": "Bundle",
            "type": "history",
            "entry": [{"request": {"method": "DELETE", "url": "Patient/p2"}, "response": {"status": "204"}}],
        }
    ]


def test_only_types_that_were_read_completely_are_compared(site: Site, tmp_path: Path) -> None:
    assert reconcile(site.settings, SERVER, [], tmp_path, ("Encounter",)) == Reconciled({"Encounter": 1}, {})
    assert reconcile(site.settings, SERVER, [], tmp_path, ()) == Reconciled({}, {})


def test_another_source_loses_nothing(site: Site, tmp_path: Path) -> None:
    other = EtlSettings(data=site.settings.data, source="mai")
    assert reconcile(other, SERVER, [], tmp_path, ("Patient", "Encounter")) == Reconciled({}, {})


def test_what_is_asked_for_and_there_is_kept(site: Site, tmp_path: Path) -> None:
    asked: list[str] = []

    def gone(address: str) -> bool:
        asked.append(address)
        return address == "Patient/p2"

    assert reconcile(site.settings, SERVER, [], tmp_path, ("Patient",), gone) == Reconciled({"Patient": 1}, {})
    assert asked == ["Patient/p1", "Patient/p2"]


@pytest.mark.parametrize("content", [b'{"resourceType": "Patient", "id": "p1"}\n{"resourceType": "Pat\n', b"\xff\n"])
def test_a_line_that_cannot_be_read_may_be_any_resource(site: Site, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "1.ndjson").write_bytes(content)
    with pytest.raises(ServerError, match=r"1\.ndjson: cannot be read line by line; nothing is taken for deleted"):
        reconcile(site.settings, SERVER, [tmp_path / "1.ndjson"], tmp_path / "pull", ("Patient",))
    assert read(tmp_path / "pull") == {}


def test_without_a_workspace_there_is_nothing_to_compare(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no workspace here"):
        reconcile(EtlSettings(data=tmp_path), SERVER, [], tmp_path / "pull", ("Patient",))


def test_a_pass_in_windows_ends_with_what_changed_during_it(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    def script(path: str, query: Query) -> Answer:
        if path == "metadata":
            return ok(capability("Patient"))
        bounds = query.get("_lastUpdated", [])
        if "_summary" in query:
            # All in the first half of time.
            return ok(
                bundle(total=0 if bounds[0].startswith("ge") else 15 if bounds == ["lt1997-01-01T10:00:00Z"] else 25)
            )
        asked.append(bounds)
        assert query["_elements"] == ["id"]
        return ok(bundle({"resourceType": "Patient", "id": f"p{len(asked)}"}))

    with serving(script) as base:
        settings = ServerSettings(url=base, types=("Patient",), page_size=1)
        with Wire(settings) as wire:
            assert identities(wire, settings, tmp_path) == ("Patient",)
    assert [json.loads(line)["id"] for line in read(tmp_path)["Patient.ndjson"]] == ["p1", "p2"]
    assert asked == [["lt1997-01-01T10:00:00Z"], ["ge2024-01-02T20:00:00Z"]]


def test_the_ids_of_a_repository(hospital: Hospital, tmp_path: Path) -> None:
    hospital.put(patient("p1"), "2024-01-01T10:00:00Z")
    hospital.put(visit(), "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z", types=["Patient", "Encounter"])
    settings = ServerSettings(url=hospital.base, types=("Patient", "Encounter", "Observation"))
    with Wire(settings) as wire:
        assert identities(wire, settings, tmp_path) == ("Patient", "Encounter")
    assert sorted(read(tmp_path)) == ["Encounter.ndjson", "Patient.ndjson"]
