"""Take a patient out of what was pulled from a server and not yet received, and out of the state of the pull."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from onco_etl import redaction
from onco_etl.erasure_scope import judge
from onco_etl.whose import Whose

FOLDER = "pull"


def scrub(folder: Path, whose: Whose) -> int:
    """Scrub every file below `folder`: lines of resources, a Bundle, the members of a group; how many files changed."""
    return sum(_scrub(path, whose) for path in sorted(folder.rglob("*")) if path.is_file())


def _scrub(path: Path, whose: Whose) -> bool:
    if ".ndjson" in path.name:
        return redaction.scrub(path, lambda line: judge(line, whose))
    content = path.read_bytes()
    if not whose.needle.search(content):
        return False
    left = _without(content, whose)
    if left is None:
        # Without its state, a pull reads everything again.
        path.unlink()
        return True
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=0o600)
    new.write_bytes(left)
    new.replace(path)
    return left != content


def _without(content: bytes, whose: Whose) -> bytes | None:
    """A document without what is theirs; None where it cannot be told what it says of them."""
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict) and found.get("resourceType"):
        entries = judge(content, whose)
        return redaction.document(content, {1: entries}) if entries else content
    if isinstance(found, dict) and isinstance(found.get("members"), list):
        found["members"] = [name for name in found["members"] if name not in whose.ids]
        return json.dumps(found, indent=1).encode()
    return None
