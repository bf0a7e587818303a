"""The compose files: nothing is writable, privileged or without a limit; settings and paths are the project's."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from containers.files import DOCKER, compose, settings, tool
from onco_registry.config import names
from onco_registry.service.settings import ServiceSettings

FILES = ("compose.yaml", "compose.mail.yaml", "compose.postgres.yaml")
ALL = compose(*FILES)
SERVICES = sorted(ALL["services"].items())


def test_the_files_are_all_there_are() -> None:
    assert {file.name for file in DOCKER.glob("compose*")} == set(FILES)
    assert [name for name, _ in SERVICES] == ["postgres", "registry"]


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_no_service_has_more_rights_than_it_needs(name: str, service: dict[str, Any]) -> None:
    assert service["read_only"] is True, name
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize(("name", "service"), SERVICES)
def test_every_service_has_limits(name: str, service: dict[str, Any]) -> None:
    assert {"mem_limit", "cpus", "pids_limit", "stop_grace_period", "logging"} <= set(service), name
    assert all("size=" in mount for mount in service["tmpfs"])


def test_a_job_has_the_time_to_roll_back() -> None:
    grace = ALL["services"]["registry"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > ServiceSettings().stop_seconds


def test_images_are_of_a_stated_version() -> None:
    assert ALL["services"]["postgres"]["image"] == "${POSTGRES:-postgres:17.6-bookworm}"
    context = (DOCKER / ALL["services"]["registry"]["build"]["context"]).resolve()
    assert (context / ALL["services"]["registry"]["build"]["dockerfile"]).is_file()


def test_folders_are_mounted_where_the_settings_have_them() -> None:
    mounts = [mount.rsplit(":", 2 if mount.endswith(":ro") else 1) for mount in ALL["services"]["registry"]["volumes"]]
    written = {mount[1]: mount[0] for mount in mounts if len(mount) == 2}
    assert written == {settings()["data"]: "data", settings()["published"]: "published"}
    read = [mount[1] for mount in mounts if len(mount) == 3]
    assert settings()["inbox"] in read
    assert ALL["volumes"]["data"]["name"] != ALL["volumes"]["published"]["name"]


def test_only_this_machine_reaches_a_port_and_nobody_the_database() -> None:
    assert ALL["services"]["registry"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "ports" not in ALL["services"]["postgres"]
    assert ALL["services"]["postgres"]["networks"] == ["database"]
    assert ALL["networks"]["database"] == {"internal": True}


def test_every_setting_exists() -> None:
    given = {name for _, service in SERVICES for name in service["environment"]}
    prefix = "ONCO_REGISTRY__"
    wanted = {name.removeprefix(prefix).lower().replace("__", ".") for name in given if name.startswith(prefix)}
    known = set(names())
    sections = {name.split(".")[0] for name in known}
    # A section that this release does not have is nobody's setting.
    assert {name for name in wanted if name.split(".")[0] in sections} <= known
    assert {"memory_limit", "notify.smtp_password_file"} <= wanted


def test_passwords_are_files_and_stand_nowhere() -> None:
    for _, service in SERVICES:
        for name, value in service["environment"].items():
            assert "PASSWORD" not in name or (name.endswith("_FILE") and value.startswith("/run/secrets/"))
    given = {Path(value).name for _, s in SERVICES for name, value in s["environment"].items() if "PASSWORD" in name}
    assert given == set(ALL["secrets"]) == {"smtp_password", "postgres_password"}
    assert all(secret["file"].startswith("${SECRETS:-./secrets}/") for secret in ALL["secrets"].values())


@pytest.mark.parametrize("files", [FILES[:1], FILES])
def test_compose_itself_reads_the_files(files: tuple[str, ...], tmp_path: Path) -> None:
    if (reader := tool("docker-compose")) is None:
        pytest.skip("docker-compose is not installed")
    command = [reader, "--project-directory", str(DOCKER)]
    for name in files:
        # Compose 1.29, which Debian has, knows all but the project's name.
        text = re.sub(r"^name: .*\n", "", (DOCKER / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        (tmp_path / name).write_text(text, encoding="utf-8")
        command += ["--file", str(tmp_path / name)]
    env = {"PATH": os.environ["PATH"], "FHIR_FOLDER": "/fhir"}
    done = subprocess.run([*command, "config"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"- /fhir:{settings()['inbox']}:ro" in done.stdout
