"""A small site: a data folder, a configuration and one patient in the inbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from onco_registry.service import jobs

PATIENT = {"resourceType": "Patient", "id": "very-secret-id", "gender": "male", "birthDate": "1960"}


def make(folder: Path, *lines: str) -> Path:
    """A site in `folder`, initialised; `lines` of registry.toml beyond the defaults. The configuration file."""
    inbox = folder / "inbox"
    inbox.mkdir()
    inbox.joinpath("patients.ndjson").write_text(json.dumps(PATIENT) + "\n", encoding="utf-8")
    file = folder / "registry.toml"
    file.write_text("\n".join(('inbox = "inbox"', 'timezone = "Europe/Berlin"', *lines)) + "\n", encoding="utf-8")
    run(file, "init")
    return file


def long_since(file: Path) -> Path:
    """Have the ledger say that the site began 100 days ago, so that a bulletin may be due; the configuration file."""
    with jobs.opened(file.parent / "data") as engine:
        number = jobs.begin(engine, "sync", None, "1.0")
        jobs.end(engine, number, outcome="succeeded", exit_code=0)
        began = (datetime.now(UTC) - timedelta(days=100)).isoformat(timespec="seconds")
        with engine.begin() as con:
            con.execute(update(jobs.JOB).where(jobs.JOB.c.id == number).values(started=began))
    return file


def command(file: Path, *arguments: str) -> list[str]:
    """The command line of onco-registry for a site."""
    return [sys.executable, "-m", "onco_registry", *arguments, "--config", str(file)]


def run(file: Path, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must end with `code`."""
    environ = {**os.environ, **environment}
    done = subprocess.run(command(file, *arguments), capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == code, done.stderr
    return done


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
