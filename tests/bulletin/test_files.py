"""The files of an edition: names and contents."""

from typing import Any

from onco_registry.bulletin import files, render
from onco_registry.bulletin.document import canonical


def test_the_document_and_a_page_per_language_it_is_in(document: dict[str, Any]) -> None:
    rendered = files.render(document, ("zh", "en"))
    assert rendered == {"bulletin.json": canonical(document), "bulletin.en.html": render(document).encode()}
