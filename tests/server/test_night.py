"""Nights against the export server: whatever goes wrong on the way, the tables end as they would without it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from hospital.nights import patient
from onco_etl import pipeline
from onco_etl.errors import ConfigurationError, ServerError
from onco_etl.server import client_keys, pull
from onco_etl.server.settings import ServerSettings, SmartSettings
from onco_etl.settings import EtlSettings
from onco_registry import config, receiving
from server.assertions import Client
from server.authority import server_context
from server.export_server import ExportServer, running
from server.nights import PATIENTS, Site, expected, first, second
from server.pulling import settings
from server.scripted import Answer, Asked, scripted
from support import command_line

# Each with what it must have cost: how often the night had to be begun again, at least.
FIRST: dict[str, tuple[Any, int]] = {
    "busy": ([(429, "1764122000000"), (503, "Fri, 31 Dec 1999 23:59:59 GMT"), (500, "")], 0),
    "cut": (3, 0),
    "truncated": (2, 0),
    "endless": (True, 1),
    "short": (1, 1),
    "lose_jobs": (1, 0),
    "files_at": ("https://127.0.0.1:1", 1),
}
SECOND: dict[str, tuple[Any, int]] = {
    "busy": ([(502, "-1"), (504, "soon")], 0),
    "expire_files": (1, 0),
    "fail_jobs": (9, 1),
    "away": ("https://127.0.0.1:1", 1),
    "drip": (0.01, 1),
    "cut": (2, 0),
}


def suffer(site: Site, faults: dict[str, tuple[Any, int]]) -> int:
    """Nights until one ends well, with the faults one after the other; how many failed."""
    failed = 0
    for name, (value, failures) in faults.items():
        calm = getattr(site.server.faults, name)
        setattr(site.server.faults, name, value)
        for _ in range(failures):
            with pytest.raises(ServerError):
                site.night(maximum_download=1 << 20, download_seconds=0.2)
            failed += 1
        if failures:
            setattr(site.server.faults, name, calm)
    site.night()
    return failed


def test_a_night_with_faults_ends_with_the_tables_of_one_without(tmp_path: Path) -> None:
    client_keys.add(tmp_path / "keys.json")
    hospital = ExportServer(client=Client("registry", client_keys.public(tmp_path / "keys.json")), lines_per_file=4)
    smart = SmartSettings("registry", tmp_path / "keys.json")
    calm = expected(tmp_path / "calm", first, second)
    with running(hospital, server_context(tmp_path)) as server:
        server.faults.requests_per_token = 7
        site = Site(tmp_path / "faults", server, smart=smart, ca_file=tmp_path / "ca.pem", partial_manifests=True)
        first(server)
        assert suffer(site, FIRST) == 3
        rows = site.rows()
        assert rows == next(calm)
        assert [len(rows[table]) for table in ("person", "visit_occurrence", "drug_exposure")] == [PATIENTS] * 3
        assert len(rows["measurement"]) == 2 * PATIENTS
        second(server)
        assert suffer(site, SECOND) == 3
        rows = site.rows()
        assert rows == next(calm)
        assert [len(rows[table]) for table in ("person", "measurement")] == [PATIENTS, 2 * PATIENTS - 1]
        assert server.client is not None
        assert len(server.client.granted) > 5


def test_a_night_that_brings_nothing_is_a_run_and_what_vanished_goes_where_that_is_declared(tmp_path: Path) -> None:
    with running(ExportServer()) as server:
        first(server)
        site = Site(tmp_path / "site", server)
        assert sum(site.night().values()) == 1 + 6 * PATIENTS
        report = pull.sync(site.etl, settings(server))
        assert (report.run, report.received, report.fates) == (2, 0, {})
        server.remove(("Observation", "o3"))
        server.forget_deletions()
        assert site.night() == {}
        assert site.night(full_every_days=30) == {}
        assert site.night(full_every_days=1) == {"deleted": 1, "unchanged": 6 * PATIENTS}
        assert len(site.rows()["measurement"]) == 2 * PATIENTS - 1


def test_what_is_killed_goes_on_from_the_command_line(tmp_path: Path) -> None:
    with running(ExportServer()) as server:
        first(server)
        (tmp_path / "registry.toml").write_text(
            f'[server]\nurl = "{server.url}/r4"\npoll_seconds = 0.01\noverlap_minutes = 0\n'
        )
        settings_of_site = config.load(tmp_path)
        pipeline.init(settings_of_site.etl)
        server.faults.polls = 10**6
        process = subprocess.Popen(
            [command_line.SCRIPT, "sync"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not any(path.startswith("/r4/jobs/") for _, path in server.requests):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        server.faults.polls = 0
        for job in server.jobs.values():
            job.polls = 0
        report = command_line.run_json(tmp_path, "sync", "--full")
        assert (report["received"], len(server.kickoffs)) == (1 + 6 * PATIENTS, 1)
        server.put(patient("p1", birthDate="1941-02-03", gender="male"))
        assert receiving.receive(settings_of_site, f"{server.url}/r4").fates == {"mapped": 1}
        assert sorted(path.name for path in (tmp_path / "data/pull/main").iterdir()) == ["errors", "settled.json"]


@pytest.mark.parametrize(
    ("source", "full", "said"),
    [
        (None, False, "give --from a path or an address, or set server.url"),
        ("https://u:p@fhir.example.org", False, "--from: url: credentials do not belong into an address"),
        ("x", True, "--full is for a server"),
    ],
)
def test_a_sync_without_a_source_says_what_to_do(tmp_path: Path, source: str | None, full: bool, said: str) -> None:
    (tmp_path / "registry.toml").write_text("")
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        receiving.receive(config.load(tmp_path), source, full=full)


def test_a_night_receives_from_one_place(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_text('inbox = "inbox"\n[server]\nurl = "https://fhir.example.org"\n')
    with pytest.raises(ConfigurationError, match="server and inbox: set one of them"):
        receiving.night(config.load(tmp_path))


def test_a_server_without_exports_is_searched(tmp_path: Path) -> None:
    now = "2026-01-02T00:00:00Z"
    search = {"interaction": [{"code": "search-type"}], "searchParam": [{"name": "_lastUpdated"}]}
    offered = [{"mode": "server", "resource": [{"type": "Patient", **search}]}]
    statement = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": offered}
    found = {**patient("p1"), "meta": {"lastUpdated": "2026-01-01T00:00:00Z"}}
    page = {"resourceType": "Bundle", "total": 1, "meta": {"lastUpdated": now}, "entry": [{"resource": found}]}

    def answer(asked: Asked) -> Answer:
        return Answer(body=json.dumps(statement if asked.path.endswith("/metadata") else page).encode())

    with scripted(answer) as server:
        etl = EtlSettings(data=tmp_path / "data", validation_sample=0, check_every_sync=False)
        pipeline.init(etl)
        chosen = ServerSettings(f"{server.url}/r4", method="search", types=("Patient",), overlap_minutes=60)
        assert pull.sync(etl, chosen).fates == {"mapped": 1}
        assert pull.sync(etl, chosen).fates == {"unchanged": 1}
    asked = [path for path in server.paths if "_count=500" in path]
    assert len(asked) == 2
    assert "ge2026-01-01T23%3A00%3A00Z" in asked[1]
    assert [file.name for file in (tmp_path / "data/pull/main").iterdir()] == ["settled.json"]
