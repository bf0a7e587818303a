"""The steps of the image in a clean environment, and what they install confined as the container confines it.

No engine takes part. Takes most of a minute, and is skipped with the reason where no package index answers.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from containers import confined
from containers.files import DOCKER, builder, installations
from service.site import long_since
from support.repository import ROOT

PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970"}
LONGEST = 120.0


@dataclass(frozen=True)
class Image:
    """What the image has: its environment, its healthcheck, and the folders that are mounted into it."""

    root: Path

    @property
    def programs(self) -> Path:
        return self.root / "environment" / "bin"

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """`onco-registry <arguments>` as the container runs it."""
        command = [str(self.programs / "onco-registry"), *arguments, "--config", str(self.root / "registry.toml")]
        writable = (self.root / "data", self.root / "published")
        return confined.start(command, memory=self.root / "memory", writable=writable, **env)

    def healthcheck(self, listen: str) -> subprocess.CompletedProcess[str]:
        command = [self.programs / "python", DOCKER / "healthcheck.py"]
        env = confined.clean(ONCO_REGISTRY__SERVICE__LISTEN=listen)
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(name="image", scope="module")
def _image() -> Iterator[Image]:
    # A temporary folder of pytest's own lets no other user in.
    root = Path(tempfile.mkdtemp(prefix="image-"))
    root.chmod(0o755)
    try:
        _reach_the_index(root / "probe")
        (root / "build").mkdir()
        build = builder(root / "build")
        for _, *steps in installations():
            command = [str(build / "docker/install.sh"), str(root / "environment"), *steps]
            done = subprocess.run(command, env=_with_index(), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        shutil.rmtree(build)
        yield Image(root)
    finally:
        shutil.rmtree(root)


def _with_index() -> dict[str, str]:
    """A clean environment in which pip finds this machine's package index; bytecode would only cost time."""
    index = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name == "HOME"}
    env = {**confined.clean(), **index, "PIP_NO_COMPILE": "1"}
    return {**env, "PATH": f"{env['PATH']}:{sys.base_prefix}/bin"}


def _reach_the_index(folder: Path) -> None:
    """Skip the tests where the package that every step begins with cannot be had."""
    lock = ROOT / "requirements-build.lock"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "0", "--timeout", "15"]
    command += ["--no-cache-dir", "--require-hashes", "--no-deps", "--requirement", str(lock), "--dest", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("no package index answers")


def test_the_installation_is_the_command_line_and_no_more(image: Image) -> None:
    done = subprocess.run(
        [image.programs / "onco-registry", "--help"], env=confined.clean(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "serve" in done.stdout
    packages = image.root.joinpath("environment", "lib").glob("python*/site-packages/*")
    names = {path.name.split("-")[0] for path in packages}
    assert {"onco_registry", "onco_etl", "onco_mappings", "duckdb"} <= names
    assert not {"pip", "setuptools", "pytest", "ruff"} & names
    assert list(image.root.joinpath("environment").rglob("tests")) == []


def test_a_first_night_where_only_two_folders_can_be_written(image: Image) -> None:
    if reason := confined.obstacle(image.programs / "python"):
        pytest.skip(reason)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    _mount(image, listen)
    made = image.start("init")
    printed = made.communicate(timeout=LONGEST)[0]
    assert made.returncode == 0, printed
    assert image.healthcheck(listen).returncode == 1
    # A bulletin is due only at a site that has been there for a while.
    long_since(image.root / "registry.toml")
    for path in image.root.joinpath("data").rglob("*"):
        os.chown(path, confined.USER, confined.USER)

    service = image.start("serve")
    try:
        jobs = _until_all_is_done(image, listen, service)
        assert [(job["job"], job["ok"]) for job in jobs] == [("night", True), ("bulletin", True)]
    finally:
        service.terminate()
        printed = service.communicate(timeout=LONGEST)[0]
    assert service.returncode == 0, printed
    assert "Read-only file system" not in printed
    assert "Permission denied" not in printed

    with duckdb.connect(image.root / "published/current.duckdb", read_only=True) as con:
        assert con.execute("SELECT year_of_birth, gender_concept_id FROM cdm.person").fetchall() == [(1970, 8532)]
    assert {path.stat().st_uid for path in image.root.joinpath("data").rglob("*")} == {confined.USER}
    assert (image.root / "data").stat().st_mode & 0o777 == 0o700


def _mount(image: Image, listen: str) -> None:
    """The folders that compose mounts, with what a site puts into them."""
    for name in ("memory", "data", "published", "inbox"):
        (image.root / name).mkdir()
    for name in ("data", "published"):
        os.chown(image.root / name, confined.USER, confined.USER)
    (image.root / "inbox/patients.ndjson").write_text(json.dumps(PATIENT), encoding="utf-8")
    settings = "".join(f'{name} = "{name}"\n' for name in ("data", "published", "inbox"))
    (image.root / "registry.toml").write_text(f'{settings}[service]\nlisten = "{listen}"\n', encoding="utf-8")


def _until_all_is_done(image: Image, listen: str, service: subprocess.Popen[str]) -> list[dict[str, object]]:
    """What /health says of the jobs, once each has succeeded."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end and service.poll() is None:
        answer = image.healthcheck(listen)
        if answer.returncode == 0:
            jobs: list[dict[str, object]] = json.loads(answer.stdout.partition(" ")[2])["jobs"]
            if all(job["last_done"] for job in jobs):
                return jobs
        time.sleep(0.5)
    service.kill()
    raise AssertionError(f"not all was done:\n{service.communicate()[0]}")
