"""The bulletin's files: all renderings of a document by name; each written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onco_registry.bulletin import measure_reports, page, pdf
from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.tables import tables


@dataclass
class Rendered:
    """The files of one edition by name, and by name the reason, in one line, why a file could not be made."""

    files: dict[str, bytes] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def render(document: Mapping[str, Any], languages: Sequence[str]) -> Rendered:
    """bulletin.json, bulletin.<language>.html and .pdf, tables/<name>.csv and measure-report.json of a document.

    Equal documents give equal bytes, of PDF on one machine. Without the libraries or fonts that a PDF needs all else
    is there, and `missing` says what to install.
    """
    made = Rendered({"bulletin.json": canonical(document)})
    for language in languages:
        html = page.render(document, language)
        made.files[f"bulletin.{language}.html"] = html.encode()
        name = f"bulletin.{language}.pdf"
        try:
            made.files[name] = pdf.render(html)
        except pdf.NoPdfError as problem:
            made.missing[name] = str(problem)
    made.files |= tables(document)
    made.files["measure-report.json"] = measure_reports.render(document)
    return made


def write(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes bulletin-<cut>-<edition>-en.json and .html into `folder` (made if missing); their paths.

    A reader never sees half a file: each is written beside its place, then renamed. Raises OSError.
    """
    about = document["bulletin"]
    stem = f"bulletin-{about['data_cut']}-{about['edition']}-en"
    folder.mkdir(parents=True, exist_ok=True)
    contents = {".json": canonical(document), ".html": page.render(document).encode()}
    return [_replace(folder / f"{stem}{suffix}", content) for suffix, content in contents.items()]


def _replace(path: Path, content: bytes) -> Path:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
