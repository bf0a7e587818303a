"""The bulletin's files, each written whole or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onco_registry.bulletin.document import canonical
from onco_registry.bulletin.page import render


def write(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Writes bulletin-<cut>-<edition>-en.json and .html into `folder` (made if missing); their paths.

    A reader never sees half a file: each is written beside its place, then renamed. Raises OSError.
    """
    about = document["bulletin"]
    stem = f"bulletin-{about['data_cut']}-{about['edition']}-en"
    folder.mkdir(parents=True, exist_ok=True)
    contents = {".json": canonical(document), ".html": render(document).encode()}
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
