"""The service as a process: nights once per date, stopped, killed and doubled services, health and metrics."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from onco_etl import lock
from onco_registry.installed import registry_names
from onco_registry.service import jobs
from service import site


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """What `found` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("nothing came")


def attempts(file: Path) -> list[tuple[str, str]]:
    """Job and outcome of the attempts at business dates, oldest first."""
    with jobs.opened(file.parent / "data") as engine:
        return [(row["job"], row["outcome"]) for row in reversed(jobs.newest(engine)) if row["business_date"]]


def asked(port: int, path: str) -> tuple[int, str]:
    """Status and text of what the service answers; 0 while it does not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


@contextmanager
def serving(file: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The service in a process; it must be asked to stop, and is killed if it does not."""
    environment = {**os.environ, "ONCO_REGISTRY__SERVICE__LISTEN": f"127.0.0.1:{port}"}
    with subprocess.Popen(site.command(file, "serve"), stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def stopped(process: subprocess.Popen[str]) -> str:
    """What the service logged, after SIGTERM made it end well."""
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 0, log
    return log


def test_a_service_makes_up_for_the_missed_night_once_and_says_how_it_is(tmp_path: Path) -> None:
    # Named, so that it has a bulletin although nobody entered it.
    file, port = site.long_since(site.make(tmp_path, f'registries = ["{registry_names()[0]}"]')), site.free_port()
    with serving(file, port) as process:
        until(lambda: attempts(file) == [("night", "succeeded"), ("bulletin", "succeeded")])
        status, health = asked(port, "/health")
        _, metrics = asked(port, "/metrics")
        assert asked(port, "/patients")[0] == 404
        log = stopped(process)
    assert (status, json.loads(health)["status"]) == (200, "ok")
    assert 'onco_registry_healthy{job="night"} 1.0' in metrics
    assert 'onco_registry_last_success_count{job="night",of="mapped"} 1.0' in metrics
    assert 'onco_registry_last_success_stage_seconds{job="night",stage="published"}' in metrics
    assert "very-secret-id" not in health + metrics + log
    assert list((tmp_path / "data" / "bulletins").rglob("*.html"))
    # Started again, it finds both done.
    with serving(file, port) as process:
        until(lambda: asked(port, "/health")[0])
        stopped(process)
    assert site.run(file, "night").stdout.endswith("done already\n")
    assert attempts(file) == [("night", "succeeded"), ("bulletin", "succeeded")]


def test_a_second_service_says_who_holds_the_folder_and_harms_nothing(tmp_path: Path) -> None:
    file, port = site.long_since(site.make(tmp_path)), site.free_port()
    with serving(file, port) as process:
        until(lambda: asked(port, "/health")[0])
        second = site.run(file, "serve", code=4, ONCO_REGISTRY__SERVICE__LISTEN=f"127.0.0.1:{site.free_port()}")
        assert f"in use by `onco-registry serve` (process {process.pid} on " in second.stderr
        until(lambda: ("bulletin", "succeeded") in attempts(file))
        stopped(process)
    assert attempts(file) == [("night", "succeeded"), ("bulletin", "succeeded")]


def test_sigterm_in_mid_run_rolls_back_and_the_next_start_completes(tmp_path: Path) -> None:
    file, port = site.long_since(site.make(tmp_path)), site.free_port()
    pipe = tmp_path / "inbox" / "many.ndjson"
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"reference": "Patient/very-secret-id"},
        "effectiveDateTime": "2021-03-01",
        "valueQuantity": {"value": 5},
    }
    with pipe.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps({**observation, "id": f"o{n}"}) + "\n" for n in range(60_000))
    with serving(file, port) as process:
        until(lambda: list((tmp_path / "data" / "landing").glob("*/manifest.json")))
        stopped(process)
    assert attempts(file) == [("night", "interrupted")]
    assert lock.holder(tmp_path / "data") is None
    with serving(file, port) as process:
        until(lambda: ("bulletin", "succeeded") in attempts(file))
        stopped(process)
    assert attempts(file) == [("night", "interrupted"), ("night", "succeeded"), ("bulletin", "succeeded")]
    with duckdb.connect(tmp_path / "data" / "published" / "current.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM cdm.observation").fetchall() == [(0,)]
        assert con.execute("SELECT count(*) FROM cdm.measurement").fetchall() == [(60_000,)]


def test_a_killed_night_is_a_failure_that_is_told_and_tried_again(tmp_path: Path) -> None:
    # Whatever the hour of the test, the night is not late.
    lines = ("[schedule]", 'bulletin = ""', "retry_minutes = 0", "late_hours = 48")
    file, port = site.make(tmp_path, *lines), site.free_port()
    with serving(file, port) as process:
        holder = until(lambda: lock.holder(tmp_path / "data"))
        os.kill(holder.pid, signal.SIGKILL)
        until(lambda: attempts(file) == [("night", "interrupted")])
        until(lambda: "it was killed (attempt 1)" in asked(port, "/health")[1])
        shown = site.run(file, "status").stdout
        stopped(process)
    assert "NOT WELL" not in shown
    assert "it is tried again. To do: look whether memory ran out" in shown
    # Without a service nobody tries.
    shown = site.run(file, "status").stdout
    assert shown.startswith("Night: NOT WELL: ")
    assert "no service runs to try it again; `onco-registry night` does. To do: look whether memory ran out" in shown
    site.run(file, "night")
    assert attempts(file) == [("night", "interrupted"), ("night", "succeeded")]
    with jobs.opened(tmp_path / "data") as engine:
        assert {news["kind"] for news in jobs.undelivered(engine, 99)} == set()


def test_a_failing_source_makes_health_answer_503(tmp_path: Path) -> None:
    lines = ("[schedule]", 'bulletin = ""', "retries = 0")
    file, port = site.make(tmp_path, *lines), site.free_port()
    tmp_path.joinpath("inbox", "patients.ndjson").unlink()
    with serving(file, port) as process:
        until(lambda: attempts(file) == [("night", "failed")])
        status, health = until(lambda: (found := asked(port, "/health"))[0] == 503 and found)
        stopped(process)
    assert status == 503
    assert "failed: nothing could be read from the source (attempt 1); it is not tried again" in health
    shown = site.run(file, "status").stdout
    assert shown.startswith("Night: NOT WELL: ")
    assert "To do: look whether the export arrived whole" in shown


def test_a_night_needs_a_source(tmp_path: Path) -> None:
    file = site.make(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("inbox", "# inbox"), encoding="utf-8")
    assert "set inbox" in site.run(file, "night", code=2).stderr
    yesterday = (date.today() - timedelta(days=3)).isoformat()
    assert "set inbox" in site.run(file, "night", "--date", yesterday, code=2).stderr


@pytest.mark.parametrize(("listen", "fault"), [("8080", "address and port"), ("192.0.2.1:80", "Cannot assign")])
def test_an_address_that_cannot_be_listened_on_is_named(tmp_path: Path, listen: str, fault: str) -> None:
    file = site.make(tmp_path)
    done = site.run(file, "serve", code=2, ONCO_REGISTRY__SERVICE__LISTEN=listen)
    assert "service.listen: " in done.stderr
    assert fault in done.stderr
