"""What the make targets install: pinned by hash, one version of each, under licences that may be shipped."""

from __future__ import annotations

import configparser
import re
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support.repository import ROOT, imports, relative, text_files

LOCKS = ("requirements-build.lock", "requirements.lock", "requirements-test.lock")
COPYLEFT = re.compile(r"\b[AL]?GPL|GNU (?:Affero |Lesser |Library )?General Public", re.IGNORECASE)
# Copyleft packages that may be installed all the same: name -> why it does not bind this project's licence.
EXCEPTIONS: dict[str, str] = {
    "psycopg": "LGPL: imported as it is, installed beside us and replaceable; nothing of it is in our files",
    "psycopg-binary": "the same, compiled",
    "pyphen": "GPL, LGPL or MPL, as one chooses: taken under the MPL 1.1, which binds its own files alone",
}


def locked(name: str) -> dict[str, list[Requirement]]:
    """Package -> its pinned requirements (more than one where the version depends on the Python)."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line.removesuffix("\\").strip())
            pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    return pins


def versions(name: str) -> dict[str, list[str]]:
    """Package -> its pinned versions."""
    return {package: [str(pin.specifier)[2:] for pin in pins] for package, pins in locked(name).items()}


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text.split("\n", 2)[2])
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert re.search(r"^\s*--(?!hash)", text, re.MULTILINE) is None


def test_the_test_lock_holds_the_versions_of_the_runtime_lock() -> None:
    test = versions("requirements-test.lock")
    assert versions("requirements.lock").items() <= test.items()
    assert versions("requirements-build.lock").items() <= test.items()


def test_the_locks_satisfy_setup_cfg() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    for lock, wanted in (
        ("requirements.lock", setup["options"]["install_requires"]),
        ("requirements-test.lock", setup["options.extras_require"]["test"]),
    ):
        pins = versions(lock)
        for line in filter(None, wanted.splitlines()):
            need = Requirement(line)
            pinned = pins.get(canonicalize_name(need.name), [])
            assert pinned, f"{lock}: no {need}, run make lock"
            assert all(need.specifier.contains(v) for v in pinned), f"{lock}: not {need}, run make lock"


def test_every_package_imported_is_declared() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = filter(None, setup["options"]["install_requires"].splitlines())
    declared = {canonicalize_name(Requirement(line).name) for line in wanted}
    provides = metadata.packages_distributions()
    own = {"onco_registry", "onco_etl", "onco_mappings", *sys.stdlib_module_names}
    undeclared = {
        f"{relative(file)}: {module}"
        for file in text_files("plugin", "etl", suffixes=(".py",))
        for module in imports(file.read_text(encoding="utf-8")) - own
        if not {canonicalize_name(name) for name in provides.get(module, [])} & declared
    }
    assert undeclared == set()


def licence(name: str) -> str:
    """The licence that a package states: SPDX expression, else classifiers, else the licence field."""
    stated = metadata.metadata(name).json
    classifiers = [c for c in stated.get("classifier", []) if c.startswith("License :: ")]
    return str(stated.get("license_expression") or "; ".join(classifiers) or stated.get("license", ""))


def test_runtime_packages_may_be_shipped_with_an_apache_licensed_project() -> None:
    here = [name for name, pins in locked("requirements.lock").items() if any(map(_applies, pins))]
    licences = {name: licence(name) for name in here}
    assert [name for name, text in licences.items() if not text] == []
    copyleft = {name: text for name, text in licences.items() if COPYLEFT.search(text)}
    assert set(copyleft) == set(EXCEPTIONS), copyleft


@pytest.mark.parametrize(
    ("text", "copyleft"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0-only", True),
        ("LGPL-2.1", True),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", True),
        ("Apache-2.0 OR BSD-3-Clause", False),
        ("MPL-2.0", False),
    ],
)
def test_copyleft_is_recognised(text: str, copyleft: bool) -> None:
    assert bool(COPYLEFT.search(text)) is copyleft


def test_the_licence_is_apache_2() -> None:
    lines = (ROOT / "LICENSE").read_text(encoding="utf-8").split("\n")
    assert [line.strip() for line in lines[1:3]] == ["Apache License", "Version 2.0, January 2004"]
    assert len(lines) > 200


def _applies(pin: Requirement) -> bool:
    return pin.marker is None or pin.marker.evaluate()
