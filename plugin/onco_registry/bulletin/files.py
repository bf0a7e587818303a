"""The files of an edition, rendered from its document alone: names and whole contents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from onco_registry.bulletin import measure_reports, page, pdf
from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.tables import tables


@dataclass
class Rendered:
    """The files of one edition by name, and by name the reason, in one line, why a file could not be made."""

    files: dict[str, bytes] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def render(document: Mapping[str, Any], languages: Sequence[str], *, as_pdf: bool = True) -> Rendered:
    """bulletin.json, bulletin.<language>.html and .pdf, tables/<name>.csv and measure-report.json of a document.

    Equal documents give equal bytes, of PDF on one machine. Without the libraries or fonts that a PDF needs all else
    is there, and `missing` says what to install.
    """
    made = Rendered({"bulletin.json": canonical(document)})
    for language in languages:
        html = page.render(document, language)
        made.files[f"bulletin.{language}.html"] = html.encode()
        if as_pdf:
            _add_pdf(made, f"bulletin.{language}.pdf", html)
    made.files |= tables(document)
    made.files["measure-report.json"] = measure_reports.render(document)
    return made


def _add_pdf(made: Rendered, name: str, html: str) -> None:
    try:
        made.files[name] = pdf.render(html)
    except pdf.NoPdfError as problem:
        made.missing[name] = str(problem)
