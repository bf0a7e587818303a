"""The container files agree with the repository: they install from the lock, as an unprivileged user."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from support.repository import ROOT


@pytest.fixture(name="instructions")
def _instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continuation lines joined, comments dropped."""
    lines = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(name, " ".join(arguments.split())) for name, arguments in pairs]


@pytest.fixture(name="compose")
def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))
    return loaded


def _copied(instructions: list[tuple[str, str]]) -> list[str]:
    return [source for name, arguments in instructions if name == "COPY" for source in arguments.split()[:-1]]


def test_what_is_copied_exists(instructions: list[tuple[str, str]]) -> None:
    sources = _copied(instructions)
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert {"requirements.lock", "setup.cfg", "plugin", "etl", "mappings"} <= set(sources)


def test_only_what_is_copied_reaches_the_builder(instructions: list[tuple[str, str]]) -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in rules
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(_copied(instructions))


def test_packages_come_from_the_locks_only(instructions: list[tuple[str, str]]) -> None:
    runs = [arguments for name, arguments in instructions if name == "RUN"]
    installs = [step for run in runs for step in run.split("&&") if "pip install" in step]
    assert len(installs) == 3
    assert all("--require-hashes" in step or "--no-deps" in step for step in installs)
    locks = {lock for step in installs for lock in re.findall(r"[\w-]+\.lock", step)}
    assert locks == {"requirements-build.lock", "requirements.lock"}


def test_the_service_runs_unprivileged_and_is_the_command_line(instructions: list[tuple[str, str]]) -> None:
    last = dict(instructions)
    assert last["USER"] not in ("root", "0")
    assert last["ENTRYPOINT"] == '["onco-registry"]'
    assert last["FROM"] == "python:3.11-slim"


def test_compose_builds_this_dockerfile_and_keeps_its_data(compose: dict[str, Any]) -> None:
    service = compose["services"]["registry"]
    context = (ROOT / "docker" / service["build"]["context"]).resolve()
    assert (context / service["build"]["dockerfile"]).is_file()
    mounts = dict(mount.rsplit(":ro", 1)[0].rsplit(":", 1) for mount in service["volumes"])
    assert set(compose["volumes"]) <= set(mounts)
    assert [mount for mount in service["volumes"] if mount.endswith("/input:ro")]
