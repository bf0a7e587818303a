"""The files in docker/, parsed."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

from support.repository import ROOT

DOCKER = ROOT / "docker"
Instructions = list[tuple[str, str]]


def instructions() -> Instructions:
    """(instruction, arguments) of the Dockerfile, continuation lines joined, comments dropped."""
    lines = (DOCKER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(name, " ".join(arguments.split())) for name, arguments in pairs]


def copied() -> list[str]:
    """What the Dockerfile copies from the repository."""
    found = (arguments for name, arguments in instructions() if name == "COPY" and "--from" not in arguments)
    return [part for arguments in found for part in arguments.split()[:-1] if not part.startswith("--")]


def installations() -> list[list[str]]:
    """Each call of install.sh in the Dockerfile, as its arguments: the folder and the steps."""
    runs = [arguments.split() for name, arguments in instructions() if name == "RUN"]
    return [run[1:] for run in runs if run[0] == "docker/install.sh"]


def compose(*names: str) -> dict[str, Any]:
    """The compose files as compose reads them together: later ones add to what earlier ones say."""
    found: dict[str, Any] = {}
    for name in names:
        found = _together(found, yaml.safe_load((DOCKER / name).read_text(encoding="utf-8")))
    return found


def _together(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return first | {key: _together(first.get(key), value) for key, value in second.items()}
    return first + second if isinstance(first, list) else second


def settings() -> dict[str, Any]:
    """docker/registry.toml."""
    return tomllib.loads((DOCKER / "registry.toml").read_text(encoding="utf-8"))


def unit(name: str) -> dict[str, list[str]]:
    """Setting -> its values, of all sections of a unit."""
    found: dict[str, list[str]] = {}
    for line in (DOCKER / name).read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match.group(1), []).append(match.group(2))
    return found


def tool(name: str) -> str | None:
    """The path of a tool that may be absent: one of the system, or of this environment."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def builder(folder: Path) -> Path:
    """A copy of the repository as the builder of the image gets it: what .dockerignore lets through."""
    for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        source = ROOT / rule[1:]
        if not rule.startswith("!"):
            continue
        target = folder / rule[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    return folder
