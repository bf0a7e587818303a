"""One run at a time brings a replica along, whichever data folder and process it is of."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hospital.nights import patient, weight
from onco_etl import pipeline
from onco_etl.errors import InUseError, ReplicaError
from onco_etl.postgres.lock import held, lock_key
from onco_registry import config
from onco_registry.cli import app
from onco_registry.config import Config
from onco_registry.service import jobs
from postgres.database import Database, file_tables
from server.export_server import ExportServer, running
from support.command_line import SCRIPT

DAY = "2026-11-25"
NIGHTS = "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'onco-registry night: process %'"
FREED = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {lock_key('night') & 0xFFFFFFFF}"


def site(folder: Path, url: str, *lines: str) -> Config:
    """A data folder whose replica is in a database; its inbox holds a patient with a weight."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    batch = "\n".join(map(json.dumps, (patient(), weight())))
    inbox.joinpath("batch.ndjson").write_text(batch, encoding="utf-8")
    postgres = ("registries = []", "check_every_sync = false", *lines, "[postgres]", f'url = "{url}"')
    (folder / "registry.toml").write_text("\n".join(postgres), encoding="utf-8")
    found = config.load(folder)
    pipeline.init(found.etl)
    return found


def command(folder: Path, *arguments: str) -> None:
    app([*arguments, "--config", str(folder / "registry.toml")], standalone_mode=False)


def attempts(found: Config) -> list[tuple[str, str, int]]:
    with jobs.opened(found.data) as engine:
        return [(row["job"], row["outcome"], row["exit_code"]) for row in reversed(jobs.newest(engine))]


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """What `found` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError("nothing came")


def test_of_two_data_folders_the_second_is_told_who_runs_and_a_lost_lock_stops_nobody(
    tmp_path: Path, database: Database
) -> None:
    second = site(tmp_path / "second", database.url(database.owner), 'inbox = "inbox"')
    with running(ExportServer()) as server:
        server.put(patient("p1"), patient("p2"))
        server.faults.polls = 10**6
        first = site(tmp_path / "first", database.url(database.owner))
        with (tmp_path / "first/registry.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[server]\nurl = "{server.url}/r4"\npoll_seconds = 0.1\n')
        night = subprocess.Popen([SCRIPT, "night"], cwd=tmp_path / "first", stderr=subprocess.PIPE, text=True)
        until(lambda: server.kickoffs)
        # It waits for the export: the lock is held before anything is received.
        for arguments in (("night",), ("sync", "--from", str(tmp_path / "second/inbox"))):
            holder = rf"onco-registry night: process {night.pid} on .*, connected since 20"
            with pytest.raises(InUseError, match=f"the Postgres replica is in use: .* {holder}"):
                command(tmp_path / "second", *arguments)
        assert (attempts(second), list((second.data / "landing").glob("0*"))) == ([], [])
        [(pid,)] = database.ask(NIGHTS)
        database.ask(f"SELECT pg_terminate_backend({pid})")
        until(lambda: database.ask(FREED) == [(0,)])
        server.faults.polls = 0
        for job in server.jobs.values():
            job.polls = 0
        _, log = night.communicate(timeout=120)
    assert night.returncode == 0, log
    assert attempts(first) == [("night", "succeeded", 0)]
    assert database.tables() == file_tables(first.data)


def test_the_lock_is_held_until_all_is_published_and_then_let_go(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = site(tmp_path, database.url(database.owner), 'inbox = "inbox"')
    held_at: list[int] = []

    def recompute(_: Config) -> list[dict[str, Any]]:
        held_at.append(len(database.ask(NIGHTS)))
        return []

    monkeypatch.setattr("onco_registry.night.recompute", recompute)
    command(tmp_path, "night")
    assert (held_at, database.ask(NIGHTS), database.ask(FREED)) == ([1], [], [(0,)])
    assert database.tables() == file_tables(found.data)
    # A date that is done asks nobody.
    with held(database.settings, "night"):
        command(tmp_path, "night")
    assert attempts(found) == [("night", "succeeded", 0)]


def test_a_server_that_is_away_stops_no_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("onco_registry.night.recompute", lambda _: [])
    found = site(tmp_path, "host=/nowhere dbname=x user=y", 'inbox = "inbox"')
    with pytest.raises(ReplicaError, match=r"^Postgres: connection"):
        command(tmp_path, "night")
    told = capsys.readouterr().err
    assert "the Postgres replica cannot be asked whether another runs; it goes on" in told
    assert "the Postgres replica is behind; the next publish catches up" in told
    assert attempts(found) == [("night", "failed", 8)]
    assert (found.data / "published" / "warehouse-1.duckdb").exists()


def test_a_session_that_waits_for_hours_is_not_ended_for_it(database: Database) -> None:
    database.do(f"ALTER DATABASE {database.name} SET idle_session_timeout = '1s'")
    try:
        with held(database.settings, "night", "sync") as connection:
            assert connection.execute("SHOW idle_session_timeout").fetchone() == ("0",)
            assert connection.info.get_parameters()["keepalives_idle"] == "60"
    finally:
        database.do(f"ALTER DATABASE {database.name} RESET idle_session_timeout")
