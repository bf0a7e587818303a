"""A bulk export from kick-off to the last file: what is asked, what is received, what is settled, and every fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from hospital.nights import about, patient, visit
from onco_etl.errors import ServerError
from onco_etl.server import client_keys
from onco_etl.server.settings import SmartSettings
from server.assertions import Client
from server.export_server import ExportServer, running
from server.pulling import Registry, received

TYPES = ("Patient", "Encounter")


@pytest.fixture
def server() -> Iterator[ExportServer]:
    with running(ExportServer(lines_per_file=2)) as hospital:
        hospital.put(patient("p1"), patient("p2"), patient("p3"), visit("e1", "p1"), visit("e2", "p2"))
        yield hospital


@pytest.fixture
def registry(tmp_path: Path, server: ExportServer) -> Registry:
    return Registry(tmp_path / "pull", server, types=TYPES)


ALL = ["Encounter/e1", "Encounter/e2", "Patient/p1", "Patient/p2", "Patient/p3"]


def test_the_first_pull_brings_everything_the_next_what_changed(registry: Registry, server: ExportServer) -> None:
    assert registry.pull() == ALL
    assert registry.pull() == []
    server.put(patient("p2", gender="male"), visit("e3", "p3"))
    server.remove(("Encounter", "e1"))
    assert registry.pull() == ["-Encounter/e1", "Encounter/e3", "Patient/p2"]
    assert [sorted(query) for query in server.kickoffs] == [["_outputFormat", "_type"]] + 2 * [
        ["_outputFormat", "_since", "_type"]
    ]
    assert server.ended == ["1", "2", "3"]


def test_deletions_are_received_first(registry: Registry, server: ExportServer) -> None:
    registry.pull()
    server.put(patient("p4"))
    server.remove(("Patient", "p1"))
    registry.pull(settle=False)
    assert [resource["resourceType"] for resource in received(registry.folder / "incoming")] == ["Bundle", "Patient"]


def test_what_is_not_settled_comes_again(registry: Registry, server: ExportServer) -> None:
    registry.pull()
    server.put(patient("p9"))
    assert registry.pull(settle=False) == ["Patient/p9"]
    assert registry.pull() == ["Patient/p9"]
    assert registry.pull() == []


def test_windows_overlap(registry: Registry, server: ExportServer) -> None:
    registry.pull()
    server.pass_time(minutes=4)
    assert registry.pull(overlap_minutes=5) == ALL
    assert registry.pull(overlap_minutes=3) == []


def test_everything_comes_again_when_told_when_due_and_when_settings_change(registry: Registry) -> None:
    registry.pull()
    assert registry.pull(full=True) == ALL
    assert registry.pull(level="patient", full_every_days=3) == ALL
    assert registry.pull(level="patient", full_every_days=2) == ALL
    assert registry.pull(level="patient", full_every_days=3) == []
    assert registry.pull(types=("Patient",), level="patient") == []
    assert registry.pull(types=TYPES, level="patient") == ALL


def test_filters_of_types_that_are_exported_are_sent(registry: Registry, server: ExportServer) -> None:
    registry.pull(type_filters=("Encounter?status=finished", "Observation?code=x"))
    assert server.kickoffs[-1]["_typeFilter"] == ["Encounter?status=finished"]


def test_folders_and_files_are_private_and_removed_when_settled(registry: Registry) -> None:
    registry.pull(settle=False)
    files = [registry.folder, *registry.folder.rglob("*")]
    assert {(path.is_dir(), path.stat().st_mode & 0o777) for path in files} == {(True, 0o700), (False, 0o600)}
    registry.pull()
    assert sorted(path.name for path in registry.folder.iterdir()) == ["errors", "settled.json"]


# --- types


@pytest.mark.parametrize("named", [True, False])
def test_a_type_that_the_server_does_not_export_is_left_out(
    registry: Registry, server: ExportServer, named: bool
) -> None:
    server.exportable, server.faults.kickoff_texts = {"Patient"}, named
    with capture_logs() as logs:
        assert registry.pull() == ["Patient/p1", "Patient/p2", "Patient/p3"]
    assert [line["types"] for line in logs if "left out" in line["event"]] == [["Encounter"]]
    assert sorted(server.ended) == [str(number + 1) for number in range(len(server.ended))]
    server.exportable = None
    assert registry.pull() == ALL


def test_a_server_that_exports_nothing_is_an_error(registry: Registry, server: ExportServer) -> None:
    server.exportable = set()
    with pytest.raises(ServerError, match=r"\$export: answered 400 \(not-supported\): the server does not do this"):
        registry.pull()
    assert not (registry.folder / "settled.json").exists()


# --- groups


def test_who_joins_the_group_comes_whole_and_who_leaves_goes_by_policy(
    registry: Registry, server: ExportServer
) -> None:
    group: dict[str, Any] = {"level": "group", "group": "g1"}
    server.group = {"p1"}
    assert registry.pull(**group) == ["Encounter/e1", "Patient/p1"]
    assert registry.pull(**group) == []
    server.group = {"p1", "p2"}
    assert registry.pull(**group) == ["Encounter/e1", "Encounter/e2", "Patient/p1", "Patient/p2"]
    server.group = {"p2"}
    assert registry.pull(**group, leavers="remove", settle=False) == ["-Patient/p1"]
    assert registry.pull(**group, leavers="keep") == []
    assert registry.pull(**group, leavers="remove") == []
    server.group = {"p1", "p2"}
    assert registry.pull(**group, leavers="keep") == ["Encounter/e1", "Encounter/e2", "Patient/p1", "Patient/p2"]


# --- what goes wrong


@pytest.mark.parametrize("odd", ["0", "1764122000000", "-5", "soon", "Fri, 31 Dec 1999 23:59:59 GMT", ""])
def test_a_busy_server_is_waited_for(registry: Registry, server: ExportServer, odd: str) -> None:
    server.faults.busy = [(429, odd), (503, odd)]
    assert registry.pull() == ALL


@pytest.mark.parametrize("ranges", [True, False])
def test_a_download_that_breaks_is_resumed_or_repeated(registry: Registry, server: ExportServer, ranges: bool) -> None:
    server.faults.cut, server.faults.ranges = 2, ranges
    assert registry.pull() == ALL


def test_broken_files_are_fetched_again(registry: Registry, server: ExportServer) -> None:
    server.faults.truncated = 2
    with capture_logs() as logs:
        assert registry.pull() == ALL
    assert [line["reason"] for line in logs if line["event"] == "a file is fetched again"] == [
        "its compression is cut short or damaged"
    ] * 2


@pytest.mark.parametrize(
    ("fault", "value", "message"),
    [
        ("truncated", 99, r"a file of the export \(Patient\) is not whole: its compression is cut short"),
        ("short", 1, r"a file of the export \(Patient\) is not whole: it has 2 lines and should have 3"),
        ("endless", True, "more than server.maximum_download bytes"),
        ("drip", 0.05, "it takes too long"),
        ("fail_jobs", 9, r"answered 500 \(exception\)"),
    ],
)
def test_what_stays_broken_settles_nothing_and_the_next_pull_begins_anew(
    registry: Registry, server: ExportServer, fault: str, value: Any, message: str
) -> None:
    setattr(server.faults, fault, value)
    with pytest.raises(ServerError, match=message) as caught:
        registry.pull(maximum_download=1 << 20, download_seconds=0.3)
    assert "Zhang" not in str(caught.value)
    assert not (registry.folder / "settled.json").exists()
    setattr(server.faults, fault, type(value)())
    assert registry.pull() == ALL
    assert server.ended == ["1", "2"]


def test_counts_that_are_wrong_can_be_told_to_count_for_nothing(registry: Registry, server: ExportServer) -> None:
    server.faults.short = 1
    with capture_logs() as logs:
        assert registry.pull(totals=False) == ALL
    assert [line["lines"] for line in logs if "not as many lines as announced" in line["event"]] == [2]


def test_a_lost_export_and_expired_files_begin_it_anew(registry: Registry, server: ExportServer) -> None:
    server.faults.lose_jobs, server.faults.expire_files = 1, 1
    assert registry.pull() == ALL
    assert len(server.kickoffs) == 3
    server.faults.lose_jobs = 99
    with pytest.raises(ServerError, match="the server lost the export 3 times"):
        registry.pull()


def test_nothing_is_fetched_from_elsewhere(registry: Registry, server: ExportServer) -> None:
    with running(ExportServer()) as internal:
        for fault in ("files_at", "away"):
            setattr(server.faults, fault, internal.url)
            with pytest.raises(ServerError, match="which is not declared: nothing was fetched"):
                registry.pull()
            setattr(server.faults, fault, "")
        assert internal.requests == []


def test_an_export_that_is_never_ready_is_given_up(registry: Registry, server: ExportServer) -> None:
    server.faults.polls = 10**6
    with pytest.raises(ServerError, match=r"not ready after server.export_seconds"):
        registry.pull(export_seconds=0.2)
    assert server.ended == ["1"]


def test_progress_is_logged_without_odd_characters(registry: Registry) -> None:
    with capture_logs() as logs:
        registry.pull()
    assert [line["progress"] for line in logs if line["event"] == "the export is not ready"] == ["halfway"]


def test_issues_of_the_export_are_kept_apart_and_counted_by_code_alone(
    registry: Registry, server: ExportServer
) -> None:
    server.errors = [
        {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": severity, "code": code, "diagnostics": "Zhang San"}],
        }
        for severity, code in (("error", "processing"), ("error", "processing"), ("Zhang", "San"))
    ]
    with capture_logs() as logs:
        assert registry.pull() == ALL
    told = [line for line in logs if line["event"] == "the export reports issues"]
    assert [(line["severity"], line["code"], line["issues"]) for line in told] == [
        ("unknown", "unknown", 1),
        ("error", "processing", 2),
    ]
    assert "Zhang" not in json.dumps(logs, default=str)
    assert len(received(registry.folder / "errors")) == 3


def test_partial_manifests_are_followed(registry: Registry, server: ExportServer) -> None:
    server.faults.polls = 3
    assert registry.pull(partial_manifests=True) == ALL
    downloads = [path for method, path in server.requests if path.startswith("/files/")]
    assert len(downloads) == len(set(downloads)) == 3


# --- restarts


def test_an_export_is_taken_up_again_and_files_that_are_there_are_not_fetched_again(
    registry: Registry, server: ExportServer
) -> None:
    for down in ("/r4/jobs/1", "/files/1/1"):
        server.faults.down = down
        with pytest.raises(ServerError, match="answered 503"):
            registry.pull()
    server.faults.down = ""
    assert registry.pull() == ALL
    assert len(server.kickoffs) == 1
    assert server.requests.count(("GET", "/files/1/0.ndjson")) == 1


def test_an_export_that_is_no_longer_wanted_is_abandoned(registry: Registry, server: ExportServer) -> None:
    server.faults.down = "/files"
    with pytest.raises(ServerError, match="answered 503"):
        registry.pull()
    server.faults.down = ""
    assert registry.pull(level="patient") == ALL
    assert server.ended == ["1", "2"]


def test_a_state_that_cannot_be_understood_is_no_state(registry: Registry, server: ExportServer) -> None:
    registry.pull()
    for name in ("settled.json", "job.json"):
        (registry.folder / name).write_text('{"transaction_time": 1')
    assert registry.pull() == ALL
    assert len(server.kickoffs) == 2


# --- signed in


def test_a_token_that_expires_in_the_middle_is_renewed(tmp_path: Path) -> None:
    client_keys.add(tmp_path / "keys.json")
    hospital = ExportServer(client=Client("registry", client_keys.public(tmp_path / "keys.json")), lines_per_file=1)
    with running(hospital) as server:
        server.put(patient("p1"), patient("p2"), {"resourceType": "Observation", "id": "o1", **about("p1")})
        server.faults.requests_per_token = 2
        smart = SmartSettings("registry", tmp_path / "keys.json")
        registry = Registry(tmp_path / "pull", server, types=("Patient", "Observation"), smart=smart)
        assert registry.pull() == ["Observation/o1", "Patient/p1", "Patient/p2"]
        assert server.client is not None
        assert len(server.client.granted) == 4
