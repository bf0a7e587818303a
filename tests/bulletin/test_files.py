"""The files of an edition: names and contents."""

from typing import Any

from onco_registry.bulletin import files, render
from onco_registry.bulletin.document import canonical


def test_the_document_and_a_page_per_language(document: dict[str, Any]) -> None:
    rendered = files.render(document, ("zh", "en"))
    assert rendered == {
        "bulletin.json": canonical(document),
        "bulletin.zh.html": render(document, "zh").encode(),
        "bulletin.en.html": render(document, "en").encode(),
    }
    assert rendered["bulletin.zh.html"] != rendered["bulletin.en.html"]
