"""Counts the resource versions that a path holds, independently of onco_etl, which it must never import.

One line of NDJSON is one version, a single-resource file is one, each `entry.resource` of a Bundle is one,
and so is a line or file that cannot be read: somebody sent it. Blank lines, and Bundle entries without a
resource, are none.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUFFIXES = (".ndjson", ".jsonl", ".json")
UNREADABLE = "unreadable"


def count(path: Path) -> Counter[str]:
    """Versions by resource type in a file, or in a folder and all below it; UNREADABLE: not a JSON object."""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return Counter(kind for file in files if _is_resource_file(file) for kind in _types(file))


def _is_resource_file(file: Path) -> bool:
    return file.name.removesuffix(".gz").endswith(SUFFIXES)


def _types(file: Path) -> Iterator[str]:
    content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    documents = _one_document(content) or [line for line in content.split(b"\n") if line.strip()]
    for document in documents:
        yield from _types_of(document)


def _one_document(content: bytes) -> list[bytes]:
    """The whole content where it is one object over many lines (pretty-printed), nothing for NDJSON."""
    first = content.lstrip().split(b"\n", 1)[0]
    return [content] if _parse(first) is None and _parse(content) is not None else []


def _types_of(document: bytes) -> Iterator[str]:
    resource = _parse(document)
    if resource is None:
        yield UNREADABLE
    elif resource.get("resourceType") == "Bundle":
        entries = [entry["resource"] for entry in resource.get("entry", []) if "resource" in entry]
        yield from (entry.get("resourceType", "") for entry in entries)
    else:
        yield str(resource.get("resourceType", ""))


def _parse(document: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(document.decode("utf-8"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
