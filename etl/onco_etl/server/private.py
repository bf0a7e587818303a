"""Files that hold state or keys: replaced whole, and nobody else may read them at any moment."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write(file: Path, content: Any) -> None:
    """Replace `file` by `content` as JSON; mode 0600. A kill leaves the old content or the new."""
    written = file.with_name(f"{file.name}.new")
    written.unlink(missing_ok=True)
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=1)
        stream.write("\n")
        stream.flush()
        os.fsync(stream.fileno())
    written.replace(file)


def read(file: Path) -> dict[str, Any]:
    """What `write` wrote; empty where there is none, or where it cannot be understood."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def folder(path: Path) -> Path:
    """The folder, made private with those above it that are missing."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
