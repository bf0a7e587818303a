"""The command line as hospital IT meets it: what it prints, its JSON, its exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from onco_registry.installed import registry_names
from plugin.commands import OBSERVATION, PATIENT, answer, cli


def test_a_sync_of_files_imports_neither_frames_nor_what_speaks_to_servers(tmp_path: Path) -> None:
    tmp_path.joinpath("batch.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")
    assert cli(tmp_path, "init").returncode == 0
    code = """
import sys
from onco_registry.cli import main
try:
    main()
finally:
    print(sorted({"pandas", "numpy", "httpx", "joserfc", "psycopg"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", code, "sync", "--from", "batch.ndjson"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]"), done.stderr


def test_status(site: Path) -> None:
    status = answer(site, "status")
    assert [(run["run"], run["kind"], run["status"], run["received"]) for run in status["runs"]] == [
        (1, "sync", "complete", 3),
        (2, "recompute", "complete", 0),
    ]
    assert [(row["resource_type"], row["fate"], row["reason"], row["count"]) for row in status["received"]] == [
        ("Observation", "mapped", "rows", 1),
        ("Observation", "quarantined", "invalid-shape", 1),
        ("Patient", "mapped", "rows", 1),
    ]
    assert (status["cdm"]["person"], status["cdm"]["measurement"], status["cdm"]["drug_exposure"]) == (1, 1, 0)
    local = {"cdm_table": "measurement", "field": "measurement_concept_id", "source_value": "local-1", "count": 1}
    assert (status["unmapped"], status["vocabulary"]) == ([local], "starter maps")
    assert status["published"]["run"] == 2
    assert Path(status["published"]["file"]).exists()


def test_runs_and_check(site: Path) -> None:
    assert [run["run"] for run in answer(site, "runs")] == [1, 2]
    found = answer(site, "check")
    assert {row["status"] for row in found} == {"pass", "warn", "not applicable"}
    assert [(row["check"], row["cdm_table"], row["violations"]) for row in found if row["status"] == "warn"] == [
        ("concept_mapped", "measurement", 1),
        ("unit_of_number", "measurement", 1),
    ]


def test_a_screen_shows_the_hospitals_time_with_its_offset_and_json_is_in_utc(site: Path) -> None:
    # The machine's own clock stands elsewhere.
    here = dict(os.environ, TZ="America/New_York", ONCO_REGISTRY__TIMEZONE="Asia/Shanghai")
    printed = {}
    for arguments in (("runs",), ("jobs",), ("status",), ("runs", "--json"), ("jobs", "--json"), ("status", "--json")):
        command = [sys.executable, "-m", "onco_registry", *arguments]
        done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=True, env=here)
        printed[arguments] = done.stdout
    local = r"\b20\d\d-\d\d-\d\d \d\d:\d\d\+08:00"
    assert len(re.findall(local, printed["runs",])) == len(re.findall(local, printed["status",])) == 2
    assert len(re.findall(local, printed["jobs",])) == 2
    started = [run["started"] for run in json.loads(printed["runs", "--json"])]
    status = json.loads(printed["status", "--json"])
    moments = [
        *started,
        *(job["started"] for job in json.loads(printed["jobs", "--json"])),
        status["published"]["time"],
    ]
    assert [moment[-6:] for moment in moments] == ["+00:00"] * 5
    shown = re.findall(local, printed["runs",])
    assert [datetime.fromisoformat(moment) for moment in shown] == [
        datetime.fromisoformat(moment).replace(second=0, microsecond=0) for moment in started
    ]


def test_warnings_count_only_where_asked(site: Path) -> None:
    assert cli(site, "check", "--strict").returncode == 6
    done = cli(site, "check")
    assert done.returncode == 0
    assert "A code is not mapped to a concept" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Checks: ")


def test_quarantine_names_file_line_resource_and_element(site: Path) -> None:
    (row,) = answer(site, "quarantine", "list")
    found = {name: row[name] for name in ("run", "file", "line", "resource", "reason", "element")}
    assert found == {
        "run": 1,
        "file": "batch.ndjson",
        "line": 3,
        "resource": "main/Observation/bad",
        "reason": "invalid-shape",
        "element": "Observation.code",
    }


def test_quarantine_show_gives_the_line_as_received(site: Path) -> None:
    shown = cli(site, "quarantine", "show", "1", "batch.ndjson", "3")
    assert shown.stdout == '{"resourceType": "Observation", "id": "bad", "code": [1]}\n'
    missing = cli(site, "quarantine", "show", "1", "batch.ndjson", "9")
    assert missing.returncode == 2
    assert missing.stderr == (
        "error: no line 9 of batch.ndjson is in quarantine from run 1; `quarantine list --all` names them\n"
    )
    assert cli(site, "quarantine", "show", "1", "batch.ndjson", "1").returncode == 2


def test_bulletin_is_released_once_for_an_empty_cohort_of_a_registry_that_the_site_names(site: Path) -> None:
    assert answer(site, "bulletin") == []
    named = registry_names()[0]
    released = answer(site, "bulletin", registries=named)
    assert [(one["edition"], one["number"], one["is_new"]) for one in released] == [
        ("internal", 1, True),
        ("public", 1, True),
    ]
    for one in released:
        names = sorted(path.name for path in Path(one["folder"]).iterdir())
        assert names == [
            "bulletin.en.html", "bulletin.json", "bulletin.zh.html", "manifest.json", "measure-report.json", "tables",
        ]  # fmt: skip
    assert answer(site, "bulletin", registries=named) == [{**one, "is_new": False} for one in released]


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("sync", "--from", "missing"), 3, "error: missing: no such file or folder\n"),
        (("status", "--config", "none.toml"), 2, "error: no none.toml in "),
        (("recompute", "--data-cut", "2999-01-01"), 2, "nothing is known of that time\n"),
        (
            ("sync", "--from", "batch.ndjson", "--from", "other"),
            2,
            "error: --from is given 2 times, and a sync receives from one path or address: sync them one after the "
            "other; what the first brought stays\n",
        ),
        (("status", "--no-such-option"), 2, "No such option"),
        (("recompute", "--as-of", "99"), 4, "error: --as-of 99: no sync by that run, or no such run; "),
        (
            ("sync",),
            2,
            "error: nothing to receive: give --from a path or an address, or set server.url; what lies in the inbox is "
            "received by `night`\n",
        ),
        (("vocabulary", "load"), 2, "Missing argument"),
    ],
)
def test_exit_codes(site: Path, arguments: tuple[str, ...], code: int, error: str) -> None:
    done = cli(site, *arguments)
    assert done.returncode == code
    assert error in done.stderr


def test_commands_in_the_wrong_order_say_which_comes_first(tmp_path: Path) -> None:
    assert cli(tmp_path, "init").returncode == 0
    data = tmp_path / "data"
    said = {
        ("recompute",): "nothing to recompute: no sync is complete yet; give `onco-registry sync` first",
        ("export", "parquet", "--out", "out"): (
            f"{data}/published/current.duckdb: nothing is published here; every `onco-registry sync` publishes"
        ),
        ("bulletin", "--registry", registry_names()[0]): (
            f"no results of registry {registry_names()[0]!r} yet: run recompute"
        ),
    }
    for arguments, error in said.items():
        done = cli(tmp_path, *arguments)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (4, f"error: {error}")
    tmp_path.joinpath("registry.toml").write_text('inbox = "in"\n', encoding="utf-8")
    done = cli(tmp_path, "night")
    missing = f"error: inbox: {tmp_path}/in: no such folder; create it, or put the setting right"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (3, missing)


def test_what_is_gone_or_cannot_be_written_is_named_without_a_traceback(tmp_path: Path) -> None:
    assert cli(tmp_path, "init").returncode == 0
    data = tmp_path / "data"
    tmp_path.joinpath("batch.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")
    secret = data.joinpath("secret").read_bytes()
    data.joinpath("secret").unlink()
    done = cli(tmp_path, "sync", "--from", "batch.ndjson")
    gone = f"error: {data}/secret: missing, and the workspace needs it; put it back from a backup"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (4, gone)
    data.joinpath("secret").write_bytes(secret)
    data.joinpath("published").rmdir()
    assert "Nothing published yet." in cli(tmp_path, "status").stdout
    data.joinpath("jobs.sqlite").write_text("no ledger " * 100, encoding="utf-8")
    done = cli(tmp_path, "jobs")
    assert done.returncode == 4
    assert done.stderr == (
        f"error: {data}/jobs.sqlite: file is not a database; see to the disk, and to who may write in the data folder\n"
    )
    data.rename(tmp_path / "elsewhere")
    done = cli(tmp_path, "jobs")
    assert (done.returncode, done.stderr) == (
        4,
        f"error: {data}: no such folder; create it with `onco-registry init`\n",
    )
    done = cli(tmp_path, "rebuild")
    nothing = f"error: {data}/landing: no such folder, so there is nothing to rebuild from; put it back from a backup"
    assert (done.returncode, done.stderr.splitlines()[-1]) == (4, nothing)


@pytest.mark.parametrize("command", ["night", "bulletin"])
def test_a_date_that_has_not_begun_is_refused(site: Path, command: str) -> None:
    done = cli(site, command, "--date", "2999-01-01")
    assert (done.returncode, done.stderr) == (2, "error: --date 2999-01-01: has not begun yet\n")
    assert answer(site, "jobs")[-1]["job"] != command


def test_brackets_in_a_table_are_no_markup(tmp_path: Path) -> None:
    tmp_path.joinpath("in").mkdir()
    odd = {**OBSERVATION, "code": {"coding": [{"system": "http://example.org", "code": "X[/b]"}]}}
    lines = f"{json.dumps(PATIENT)}\n{json.dumps(odd)}\n{{"
    tmp_path.joinpath("in", "Obs[red] 1.ndjson").write_text(lines, encoding="utf-8")
    for command in (["init"], ["sync", "--from", "in"]):
        assert cli(tmp_path, *command).returncode == 0
    assert "Obs[red] 1.ndjson" in cli(tmp_path, "quarantine", "list").stdout
    assert "X[/b]" in cli(tmp_path, "unmapped", "list").stdout


def test_a_sync_whose_log_nobody_reads_goes_on(tmp_path: Path) -> None:
    tmp_path.joinpath("in").mkdir()
    tmp_path.joinpath("in", "one.ndjson").write_text(json.dumps(PATIENT), encoding="utf-8")
    assert cli(tmp_path, "init").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    try:
        code = "from onco_registry.cli import main; main()"
        command = [sys.executable, "-c", code, "sync", "--from", "in"]
        done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=writing, text=True, check=False)
    finally:
        os.close(writing)
    assert done.stdout.startswith("Run 1: received 1 version: 1 mapped")
    assert answer(tmp_path, "runs")[-1]["status"] == "complete"


def test_check_before_the_first_sync(tmp_path: Path) -> None:
    assert cli(tmp_path, "init").returncode == 0
    assert answer(tmp_path, "check") == []


def test_quarantine_closes_when_the_resource_comes_right(tmp_path: Path) -> None:
    def night(*resources: str) -> list[Any]:
        tmp_path.joinpath("batch.ndjson").write_text("\n".join(resources) + "\n", encoding="utf-8")
        assert cli(tmp_path, "sync", "--from", "batch.ndjson").returncode == 0
        return [(row["run"], row["line"], row["reason"]) for row in answer(tmp_path, "quarantine", "list")]

    cli(tmp_path, "init")
    wrong = json.dumps({**PATIENT, "gender": "man"})
    assert night(wrong, "{oops") == [(1, 1, "invalid-gender"), (1, 2, "malformed-json")]
    assert night(wrong, "{oops") == [(1, 1, "invalid-gender"), (2, 2, "malformed-json")]
    assert night(json.dumps(PATIENT)) == [(2, 2, "malformed-json")]
    assert cli(tmp_path, "quarantine", "dismiss", "2", "batch.ndjson", "2").stdout == "Dismissed: 1\n"
    assert answer(tmp_path, "quarantine", "list") == []
    assert cli(tmp_path, "quarantine", "dismiss", "2", "batch.ndjson", "2").returncode == 2
    assert len(answer(tmp_path, "quarantine", "list", "--all")) == 3


def test_an_interrupted_sync_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    cli(tmp_path, "init")
    tmp_path.joinpath("batch.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")
    program = (
        "import os, signal\n"
        "from onco_etl import merge\n"
        "from onco_registry.cli import main\n"
        "merge.merge = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "sync", "--from", "batch.ndjson"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.endswith("error: interrupted: nothing of this run stays; run the same command again\n")
    status = answer(tmp_path, "status")
    assert [run["status"] for run in status["runs"]] == ["interrupted"]
    assert (status["cdm"]["person"], status["received"]) == (0, [])


def test_logs_hold_no_logical_id(site: Path) -> None:
    done = cli(site, "sync", "--from", "batch.ndjson")
    assert done.returncode == 0
    assert "secret-id-1" not in done.stderr + done.stdout


def test_log_lines_as_json(site: Path) -> None:
    done = cli(site, "--log-format", "json", "sync", "--from", "batch.ndjson", "--dry-run", "--json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines][:2] == [("staged", "info"), ("versions", "info")]
    assert json.loads(done.stdout)["fates"] == {"quarantined": 1, "unchanged": 2}
