"""The files of an edition, rendered from its document alone: names and whole contents."""

from collections.abc import Mapping, Sequence
from typing import Any

from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.page import render as page


def render(document: Mapping[str, Any], languages: Sequence[str]) -> dict[str, bytes]:
    """Name -> content of bulletin.json and, for each language, of bulletin.<language>.html."""
    pages = {f"bulletin.{language}.html": page(document, language).encode() for language in languages}
    return {"bulletin.json": canonical(document), **pages}
