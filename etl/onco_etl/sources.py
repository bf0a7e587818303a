"""Find the FHIR files under a path and tell how each is laid out."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import structlog

from onco_etl.errors import InputError

log = structlog.get_logger()

Layout = Literal["lines", "document"]

_SUFFIX = re.compile(r"\.(ndjson|jsonl|json)(\.gz)?$", re.IGNORECASE)
_RESOURCE_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
_HEAD = 1 << 20


@dataclass(frozen=True)
class InputFile:
    """A file to receive; `name` is its path below the given folder, `resource_type` that of its first resource."""

    path: Path
    name: str
    layout: Layout
    resource_type: str | None


def find(path: Path) -> tuple[InputFile, ...]:
    """The FHIR files at `path` (a file, or a folder and its subfolders), in name order.

    Read are .ndjson, .jsonl and .json, each also as .gz. Raises InputError, before anything is changed,
    when the path is missing, a file cannot be read, or nothing under it is FHIR.
    """
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    root = path if path.is_dir() else path.parent
    candidates = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    found = [_inspect(p, root) for p in candidates if _SUFFIX.search(p.name)]
    files = tuple(file for file in found if file is not None)
    if skipped := len(candidates) - len(found):
        log.info("skipped", files=skipped, reason="neither .ndjson, .jsonl nor .json, plain or .gz")
    if not files:
        raise InputError(f"{path}: nothing to read: no .ndjson, .jsonl or .json file (plain or .gz) with content")
    return files


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed; raises InputError naming the file when they cannot be read."""
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            yield cast("BinaryIO", stream)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{path}: cannot be read: {reason}") from error


def _inspect(path: Path, root: Path) -> InputFile | None:
    with opened(path) as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        return None
    match = _RESOURCE_TYPE.search(head.split(b"\n", 1)[0]) or _RESOURCE_TYPE.search(head)
    resource_type = match.group(1).decode() if match else None
    return InputFile(path, str(path.relative_to(root)), _layout(head, path.name.lower()), resource_type)


def _layout(head: bytes, name: str) -> Layout:
    """Lines when the first line is whole JSON; a .json file otherwise is one document, as is a bare "{" line."""
    first = head.lstrip().split(b"\n", 1)[0].strip()
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        pretty = first in (b"{", b"[") or ".json" in name
        return "document" if pretty else "lines"
    return "lines"
