"""Settings that cannot be meant, in the file or the environment: named, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.commands import cli


def test_the_wrong_folder_and_a_missing_data_folder_say_what_to_do(tmp_path: Path) -> None:
    done = cli(tmp_path, "status")
    assert done.returncode == 2
    assert "a new site: onco-registry init" in done.stderr
    tmp_path.joinpath("registry.toml").touch()
    done = cli(tmp_path, "status")
    assert done.returncode == 4
    assert "create one with `onco-registry init`" in done.stderr


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ('timezome = "UTC"', "timezome: no such setting; did you mean timezone?"),
        ('timezone = "Beijing"', "timezone: 'Beijing' is no IANA timezone, such as Asia/Shanghai"),
        ('site_map = "nope.csv"', "site_map: {folder}/nope.csv: no such file"),
        ("[serverr]", "serverr: no such setting; did you mean server?"),
        ('server = "http://fhir.example.org"', "server: a section, with settings of its own: [server]"),
        ("data = 3", "data: expected a path in quotes"),
        ("holder = 3", "holder: expected a text in quotes"),
        ("registries = 3", "registries: expected a list in brackets"),
        ('source = "St. Mary"', "source: expected 1 to 32 letters of a to z, digits, _ or -"),
        ('registries = ["nope"]', "registries: no registry 'nope'; installed: anlotinib_pd1_sts, cdk46_breast"),
        (
            'servers = ["fhir.example.org"]',
            "servers: base addresses of servers, such as https://fhir.hospital.example/r4",
        ),
        (
            "[schedule]\nnight = '61 * * * *'",
            "schedule.night: '61 * * * *': one minute and one hour, such as '30 1 * * *': a job runs once per date",
        ),
        ('memory_limit = "4"', "memory_limit: expected a number and a unit in quotes, such as 4GB"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, setting: str, error: str) -> None:
    tmp_path.joinpath("registry.toml").write_text(setting, encoding="utf-8")
    done = cli(tmp_path, "status")
    assert (done.returncode, done.stderr) == (2, f"error: registry.toml: {error.format(folder=tmp_path)}\n")


def test_a_file_in_the_place_of_the_data_folder_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("data").touch()
    done = cli(tmp_path, "init")
    assert (done.returncode, done.stderr) == (2, f"error: data: {tmp_path}/data: a file; it has to be a folder\n")


def test_a_service_with_a_schedule_that_is_none_does_not_say_that_it_serves(tmp_path: Path) -> None:
    assert cli(tmp_path, "init").returncode == 0
    tmp_path.joinpath("registry.toml").write_text('[schedule]\nnight = "61 * * * *"\n', encoding="utf-8")
    done = cli(tmp_path, "serve")
    assert (done.returncode, "serving" in done.stderr) == (2, False)
    assert done.stderr.startswith("error: registry.toml: schedule.night: '61 * * * *': one minute and one hour")


def test_an_unknown_registry_is_named(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__REGISTRIES", "nope,other")
    done = cli(site, "recompute")
    assert done.returncode == 2
    assert done.stderr.startswith("error: registry.toml: registries: no registry 'nope'; installed: ")


@pytest.mark.parametrize(
    ("variable", "error"),
    [
        ("ONCO_REGISTRY__TIMEZON", "no such setting; did you mean ONCO_REGISTRY__TIMEZONE?"),
        ("ONCO_REGISTRY__OPT_OUT_LST", "no such setting; did you mean ONCO_REGISTRY__OPT_OUT_LIST?"),
        ("ONCO_REGISTRY__NOTIFI__SMTP_HOST", "no such setting; did you mean ONCO_REGISTRY__NOTIFY__SMTP_HOST?"),
        ("ONCO_REGISTRY__SCHEDULE__NIGTH", "no such setting; did you mean ONCO_REGISTRY__SCHEDULE__NIGHT?"),
        ("ONCO_REGISTRY__TIMEZONE__X", "no such setting; did you mean ONCO_REGISTRY__TIMEZONE?"),
    ],
)
def test_a_wrong_variable_is_named(site: Path, monkeypatch: pytest.MonkeyPatch, variable: str, error: str) -> None:
    monkeypatch.setenv(variable, "x")
    done = cli(site, "status")
    assert (done.returncode, done.stderr) == (2, f"error: {variable}: {error}\n")


def test_settings_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCO_REGISTRY__DATA", "elsewhere")
    assert cli(tmp_path, "init").returncode == 0
    assert tmp_path.joinpath("elsewhere", "workspace.duckdb").exists()
