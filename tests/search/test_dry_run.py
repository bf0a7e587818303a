"""A dry run against a server that is searched: what a sync would do, deletions included, and nothing settled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from etl.site import Site, patient, visit, weight
from onco_etl.server import dry_run, pull
from onco_etl.server.settings import ServerSettings
from search.hospital import Hospital


def test_a_dry_run_reads_what_the_next_sync_reads(hospital: Hospital, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.settings = replace(site.settings, check_every_sync=False)
    server = ServerSettings(url=hospital.base, method="search", types=("Patient", "Encounter", "Observation"))
    for resource in (patient(), visit(), weight()):
        hospital.put(resource, "2024-01-01T10:00:00Z")
    hospital.at("2024-01-02T20:00:00.000Z")
    assert pull.sync(site.settings, server).fates == {"mapped": 3}
    state = (tmp_path / "data/pull/main/settled.json").read_bytes()
    hospital.put(weight(value=71.0), "2024-01-03T10:00:00Z")
    hospital.at("2024-01-03T12:00:00.000Z")
    hospital.delete("Encounter/e1")
    hospital.at("2024-01-03T20:00:00.000Z")
    found = dry_run.preview(site.settings, server)
    assert found.fates == {"deleted": 1, "mapped": 1}
    assert {"table": "visit_occurrence", "began": 0, "ended": 1} in found.changed
    assert dry_run.preview(site.settings, server, full=True).fates == {"mapped": 1, "unchanged": 1}
    assert [path.name for path in (tmp_path / "data/pull/main").iterdir()] == ["settled.json"]
    assert (tmp_path / "data/pull/main/settled.json").read_bytes() == state
    assert pull.sync(site.settings, server).fates == {"deleted": 1, "mapped": 1}
