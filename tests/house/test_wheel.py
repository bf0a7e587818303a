"""Nothing of the packages is left behind: git keeps every file, and a wheel carries it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support.repository import ROOT, relative, text_files

PACKAGES = {"plugin/onco_registry": "onco_registry", "etl/onco_etl": "onco_etl", "mappings": "onco_mappings"}
EVERYTHING = (".py", ".typed", ".yaml", ".csv", ".json", ".sql", ".j2", ".css")


def packaged() -> set[str]:
    """Every file of the packages, by its path in a wheel."""
    return {
        f"{package}/{file.relative_to(ROOT / folder).as_posix()}"
        for folder, package in PACKAGES.items()
        for file in text_files(folder, suffixes=EVERYTHING)
    }


def test_every_kind_of_file_is_known() -> None:
    found = {
        file.suffix
        for folder in PACKAGES
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
    }
    # Notes are read in the repository and not shipped.
    assert found - {*EVERYTHING} <= {".md"}


def test_git_ignores_no_source() -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, or git is not installed")
    files = [relative(file) for file in text_files("plugin", "etl", "mappings", "tests", "docs", suffixes=EVERYTHING)]
    command = ["git", "-C", str(ROOT), "check-ignore", "--stdin"]
    done = subprocess.run(command, input="\n".join(files), capture_output=True, text=True, check=False)
    assert done.stdout.split() == []


def test_a_wheel_carries_every_file(tmp_path: Path) -> None:
    for folder in ("plugin", "etl", "mappings"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, tmp_path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == packaged()
