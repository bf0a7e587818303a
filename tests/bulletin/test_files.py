"""The files: names, whole contents, nothing left behind."""

import os
from pathlib import Path
from typing import Any

import pytest

from onco_registry.bulletin import files, pdf, render, write
from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.tables import tables


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


def test_every_rendering_of_a_document_by_name(document: dict[str, Any]) -> None:
    made = files.render(document, ["en"])
    assert [name for name in made.files if not name.startswith("tables/")] == [
        "bulletin.json",
        "bulletin.en.html",
        *(["bulletin.en.pdf"] if not made.missing else []),
        "measure-report.json",
    ]
    assert made.files["bulletin.json"] == canonical(document)
    assert made.files["bulletin.en.html"].decode() == render(document)
    assert {name: made.files[name] for name in tables(document)} == tables(document)


def test_without_a_pdf_all_else_is_there_with_the_reason(
    document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: str) -> bytes:
        raise pdf.NoPdfError("no PDF: Pango is not installed")

    monkeypatch.setattr(pdf, "render", none)
    made = files.render(document, ["en"])
    assert made.missing == {"bulletin.en.pdf": "no PDF: Pango is not installed"}
    assert {"bulletin.json", "bulletin.en.html", "tables/headline.csv", "measure-report.json"} <= set(made.files)
    assert "bulletin.en.pdf" not in made.files
