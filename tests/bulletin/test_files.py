"""The files of an edition: names and contents."""

from typing import Any

import pytest

from onco_registry.bulletin import files, pdf
from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.page import render
from onco_registry.bulletin.tables import tables


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


def test_a_page_per_language_and_no_pdf_where_none_is_asked_for(document: dict[str, Any]) -> None:
    made = files.render(document, ("zh", "en"), as_pdf=False)
    pages = {name: content for name, content in made.files.items() if name.startswith("bulletin.")}
    assert pages == {
        "bulletin.json": canonical(document),
        "bulletin.zh.html": render(document, "zh").encode(),
        "bulletin.en.html": render(document, "en").encode(),
    }
    assert (pages["bulletin.zh.html"] != pages["bulletin.en.html"], made.missing) == (True, {})
