"""The rooms of the house, and the directions between them (docs/ARCHITECTURE.md)."""

from __future__ import annotations

import configparser
import os
import re
import tomllib

import pytest

from support.repository import ROOT, imports, relative, text_files

PEOPLE_READ = (".py", ".sql", ".yaml", ".yml", ".md", ".j2", ".css", ".toml", ".cfg")
MACHINE_PATH = re.compile(r"(?<![\w.})])(?:/(?:work|tmp|root|home|Users|opt)/|[A-Z]:\\\\?Users)")
# (folder, packages that no file in it may import); mappings is data and imports nothing at all.
FORBIDDEN = [
    ("etl", {"onco_registry"}),
    ("etl", {"support", "tests"}),
    ("plugin", {"support", "tests"}),
    ("tests/support", {"onco_etl", "onco_registry"}),
]


@pytest.mark.parametrize(
    "path",
    [
        "plugin/onco_registry/__init__.py",
        "etl/onco_etl/__init__.py",
        "mappings/__init__.py",
        "docker/Dockerfile",
        "docker/compose.yaml",
        "docs/ARCHITECTURE.md",
        "docs/decisions/README.md",
        ".ci/run",
        "Makefile",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "setup.cfg",
        "pyproject.toml",
    ],
)
def test_the_house_has_its_rooms(path: str) -> None:
    assert (ROOT / path).is_file()


def test_setup_cfg_holds_all_metadata_and_pyproject_only_tools() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(pyproject) == {"build-system", "tool"}
    assert "setuptools" not in pyproject["tool"]
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert {"name", "version", "description", "long_description", "license"} <= set(setup["metadata"])
    assert {"python_requires", "packages", "package_dir", "install_requires"} <= set(setup["options"])
    assert not (ROOT / "setup.py").exists()


def test_every_package_is_declared() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    declared = set(setup["options"]["packages"].split())
    found = {
        ".".join(file.parent.relative_to(ROOT / room).parts)
        for room in ("plugin", "etl")
        for file in text_files(room, suffixes=(".py",))
    }
    assert declared == found | {"onco_mappings"}


def test_imports_are_seen_wherever_they_stand() -> None:
    source = "import a.b, c\nfrom d.e import f\nfrom . import g\ndef h() -> None:\n    from i import j\n"
    assert imports(source) == {"a", "c", "d", "i"}


@pytest.mark.parametrize(("folder", "forbidden"), FORBIDDEN)
def test_imports_go_one_way(folder: str, forbidden: set[str]) -> None:
    wrong = {
        relative(file): found
        for file in text_files(folder, suffixes=(".py",))
        if (found := imports(file.read_text(encoding="utf-8")) & forbidden)
    }
    assert wrong == {}


def test_mappings_is_data_and_imports_nothing() -> None:
    files = list(text_files("mappings", suffixes=(".py",)))
    assert [relative(file) for file in files] == ["mappings/__init__.py"]
    assert imports(files[0].read_text(encoding="utf-8")) == set()


def test_a_person_can_hold_every_file_in_mind() -> None:
    lengths = {
        relative(file): len(file.read_text(encoding="utf-8").splitlines()) for file in text_files(suffixes=PEOPLE_READ)
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [("open('/tmp/x')", True), ("/home/me/data", True), ("/path/to/tmp/x", False), ("../opt/x", False)],
)
def test_machine_paths_are_recognised(text: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is found


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    # Inside a container, paths are the image's own.
    files = text_files(suffixes=(*PEOPLE_READ, ".csv", ".json", ".lock"))
    wrong = {
        relative(file): match.group()
        for file in files
        if not relative(file).startswith(("docker/", "tests/house/test_layout.py"))
        and (match := MACHINE_PATH.search(file.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_continuous_integration_runs_the_tests() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"
