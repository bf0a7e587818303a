"""The systemd units: the paths of the image, hardened, and stopped so that a job rolls back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from containers.files import DOCKER, installations, settings, tool, unit
from onco_registry.cli import app
from onco_registry.service.settings import ScheduleSettings, ServiceSettings

SERVICES = ("onco-registry.service", "onco-registry@.service")
TIMERS = {"night": "onco-registry-night.timer", "bulletin": "onco-registry-bulletin.timer"}


def test_the_units_are_all_there_are() -> None:
    assert {file.name for file in DOCKER.glob("onco-registry*")} == {*SERVICES, *TIMERS.values()}


@pytest.mark.parametrize("name", SERVICES)
def test_the_command_is_the_one_that_is_installed(name: str) -> None:
    (command,) = unit(name)["ExecStart"]
    program, job, option, file = command.split()
    assert program == f"{installations()[0][0]}/bin/onco-registry"
    assert (option, file) == ("--config", "/etc/onco-registry/registry.toml")
    assert job == {"onco-registry.service": "serve", "onco-registry@.service": "%i"}[name]
    assert {"serve", *TIMERS} <= set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", SERVICES)
def test_only_two_folders_are_written(name: str) -> None:
    found = unit(name)
    assert found["ProtectSystem"] == ["strict"]
    assert found["ReadWritePaths"] == [f"{settings()['data']} {settings()['published']}"]
    assert found["ReadOnlyPaths"] == [f"-{settings()['inbox']}"]
    assert found["User"] == ["onco-registry"]
    assert found["NoNewPrivileges"] == found["PrivateTmp"] == ["yes"]
    assert found["CapabilityBoundingSet"] == [""]


def test_both_services_are_hardened_alike() -> None:
    def hardening(name: str) -> str:
        text = (DOCKER / name).read_text(encoding="utf-8")
        return text[text.index("# What it may do") :].split("\n[Install]")[0].strip()

    assert hardening(SERVICES[0]) == hardening(SERVICES[1])


@pytest.mark.parametrize("name", SERVICES)
def test_a_job_has_the_time_to_roll_back(name: str) -> None:
    found = unit(name)
    assert (found["KillSignal"], found["KillMode"]) == (["SIGTERM"], ["mixed"])
    assert int(found["TimeoutStopSec"][0]) > ServiceSettings().stop_seconds


def test_timers_start_what_the_service_would_at_the_same_times() -> None:
    when = {job: unit(file)["OnCalendar"] for job, file in TIMERS.items()}
    assert when == {
        "night": ["*-*-* 01:30:00 Asia/Shanghai"],
        "bulletin": ["*-*-03 07:00:00 Asia/Shanghai"],
    }
    assert (ScheduleSettings().night, ScheduleSettings().bulletin) == ("30 1 * * *", "0 7 3 * *")
    assert settings()["timezone"] == "Asia/Shanghai"
    assert {job: unit(file)["Unit"] for job, file in TIMERS.items()} == {
        job: [f"onco-registry@{job}.service"] for job in TIMERS
    }


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The units, with a program that exists on this machine."""
    for file in DOCKER.glob("onco-registry*"):
        text = file.read_text(encoding="utf-8").replace(f"{installations()[0][0]}/bin/onco-registry", "/bin/true")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    shutil.copy(tmp_path / SERVICES[1], tmp_path / "onco-registry@night.service")
    return tmp_path


def _analyzed(*arguments: str | Path) -> str:
    """What systemd-analyze finds fault with."""
    if (analyzer := tool("systemd-analyze")) is None:
        pytest.skip("systemd is not installed")
    done = subprocess.run([analyzer, *arguments], capture_output=True, text=True, check=False)
    return done.stderr if done.returncode == 0 else done.stderr + done.stdout


def test_systemd_reads_the_units(folder: Path) -> None:
    units = [folder / name for name in (SERVICES[0], "onco-registry@night.service", *TIMERS.values())]
    assert _analyzed("verify", "--man=no", *units) == ""


@pytest.mark.parametrize("name", [SERVICES[0], "onco-registry@night.service"])
def test_systemd_finds_little_that_an_attacker_could_use(folder: Path, name: str) -> None:
    # 0 is no exposure, 10 the worst; the threshold is in tenths.
    assert _analyzed("security", "--offline=true", "--threshold=20", folder / name) == ""
