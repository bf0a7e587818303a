"""The files: names, whole contents, nothing left behind."""

import os
from pathlib import Path
from typing import Any

import pytest

from onco_registry.bulletin import render, write
from onco_registry.bulletin.document import canonical


def test_write_names_the_cut_the_edition_and_the_language(document: dict[str, Any], tmp_path: Path) -> None:
    paths = write(document, tmp_path / "bulletins")
    assert [path.name for path in paths] == [
        "bulletin-2022-05-31-internal-en.json",
        "bulletin-2022-05-31-internal-en.html",
    ]
    assert paths[0].read_bytes() == canonical(document)
    assert paths[1].read_text("utf-8") == render(document)


def test_a_failed_write_leaves_the_file_before_it(
    document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = write(document, tmp_path)
    before = first.read_bytes()

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        write(document | {"attrition": []}, tmp_path)
    assert first.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
