"""The documentation covers every command and setting, and promises no target that the Makefile lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from onco_registry.cli import app
from onco_registry.config import names
from support.repository import ROOT, text_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def documentation() -> str:
    """README and everything in docs/, as one text."""
    return "\n".join([README, *(file.read_text(encoding="utf-8") for file in text_files("docs", suffixes=(".md",)))])


def commands(group: Any, prefix: str = "") -> Iterator[str]:
    """Every command of the command line, the nested ones with their group's name before them."""
    for name, command in group.commands.items():
        nested = hasattr(command, "commands")
        yield from commands(command, f"{prefix}{name} ") if nested else [f"{prefix}{name}"]


def test_the_readme_names_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    named = set(re.findall(r"(?:`|^\s+)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_the_make_file_explains_each_of_its_targets() -> None:
    explained = set(re.findall(r"^#   make ([a-z]+) ", MAKEFILE, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert explained == set(phony.group(1).split()) - {"help"}


def test_every_command_is_documented() -> None:
    text = documentation()
    missing = [c for c in commands(get_command(app)) if not re.search(rf"(?:onco-registry |`){c}\b", text)]
    assert missing == []


def test_every_documented_command_exists() -> None:
    known = {name.split()[0] for name in commands(get_command(app))}
    assert set(re.findall(r"(?:`|^\s+|/)onco-registry ([a-z]+)", README, re.MULTILINE)) <= known


def test_every_setting_is_documented() -> None:
    text = documentation()
    missing = [name for name in names() if f"`{name}`" not in text]
    assert missing == []


def test_every_decision_is_in_the_index_with_its_title_and_has_a_status() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for record in sorted(folder.glob("[0-9]*.md")):
        title, _, status = record.read_text(encoding="utf-8").splitlines()[:3]
        assert re.match(rf"# {record.name[:4]}\. ", title)
        assert re.fullmatch(r"Status: (accepted|replaced by \d{4})", status)
        assert f"- [{title[2:]}]({record.name})" in index
