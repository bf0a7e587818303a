"""The replica as hospital IT meets it: a section of registry.toml, commands and exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hospital.nights import Hospital, weight
from onco_etl.errors import ConfigurationError
from onco_registry import config
from onco_registry.cli import app
from postgres.database import Database
from support.command_line import SCRIPT, run_json


def configure(folder: Path, *lines: str) -> None:
    (folder / "registry.toml").write_text("\n".join(("[postgres]", *lines)), encoding="utf-8")


def test_a_server_that_is_away_costs_nothing_but_time(tmp_path: Path, hospital: Hospital) -> None:
    configure(tmp_path, 'url = "host=/nowhere dbname=x user=y"')
    (tmp_path / "batch.ndjson").write_text(json.dumps(weight(value=61.5)), encoding="utf-8")
    done = subprocess.run(
        [SCRIPT, "sync", "--from", "batch.ndjson"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 8
    assert "Run 2: received 1 version: 1 mapped" in done.stdout
    assert "the Postgres replica is behind" in done.stderr
    assert "error: Postgres: connection" in done.stderr
    assert hospital.published("SELECT value_as_number FROM cdm.measurement") == [(61.5,)]
    jobs = run_json(tmp_path, "jobs")
    assert [(job["job"], job["outcome"], job["exit_code"], job["run"]) for job in jobs] == [("sync", "failed", 8, 2)]


def test_publish_and_verify(
    tmp_path: Path, hospital: Hospital, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(*arguments: str) -> tuple[Any, str]:
        code = app([*arguments, "--config", str(tmp_path / "registry.toml")], standalone_mode=False)
        return code, capsys.readouterr().out

    configure(tmp_path, f'url = "{database.url(database.owner)}"')
    code, said = command("postgres", "publish", "--json")
    found = json.loads(said)
    assert (code, found["before"], found["run"], found["full"]) == (None, None, 1, "there was no replica")
    hospital.night(weight(value=61.5))
    code, said = command("postgres", "publish")
    assert (code, said.splitlines()[0]) == (None, "Replica: from run 1 to run 2")
    code, said = command("postgres", "verify")
    assert (code, said.splitlines()[0]) == (None, "Run 2: 51 tables compared, 0 differ")
    database.do("UPDATE cdm.person SET year_of_birth = 1900")
    code, said = command("postgres", "verify", "--json")
    assert (code, json.loads(said)["differences"]) == (6, ["cdm.person has other values in some of its 2 rows"])
    code, said = command("postgres", "publish", "--full")
    assert (code, said.splitlines()[0]) == (None, "Replica: from run 2 to run 2; all of it: asked for")
    assert json.loads(command("postgres", "verify", "--json")[1])["differences"] == []


def test_without_a_section_there_is_no_replica(tmp_path: Path, hospital: Hospital) -> None:
    (tmp_path / "registry.toml").write_text(f'data = "{hospital.settings.data}"', encoding="utf-8")
    for command in ("publish", "verify"):
        with pytest.raises(ConfigurationError, match=r"no replica is configured"):
            app(["postgres", command, "--config", str(tmp_path / "registry.toml")], standalone_mode=False)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('analyst_role = "Analysts"', "schemas and roles are named by lower-case letters"),
        ('cdm_schema = "registry"', "must differ"),
        ('user = "x"', "postgres.user: no such setting"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, words: str) -> None:
    configure(tmp_path, line)
    with pytest.raises(ConfigurationError, match=words):
        config.load(tmp_path)


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, 'url = "host=x"', 'password_file = "secret"')
    found = config.load(tmp_path).postgres
    assert found is not None
    assert found.password_file == tmp_path / "secret"
    monkeypatch.setenv("ONCO_REGISTRY__POSTGRES__PASSWORD", "s3cret")
    configure(tmp_path, 'url = "host=x"')
    found = config.load(tmp_path).postgres
    assert found is not None
    assert (found.url, found.password) == ("host=x", "s3cret")
    assert "s3cret" not in repr(config.load(tmp_path))
