"""Find the FHIR files under a path and tell how each is laid out."""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import structlog

from onco_etl.errors import InputError

log = structlog.get_logger()

Layout = Literal["lines", "document"]

_SUFFIX = re.compile(r"\.(ndjson|jsonl|json)(\.gz)?$", re.IGNORECASE)
_ARCHIVES = (".zip", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst")
_RESOURCE_TYPE = re.compile(rb'"resourceType"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
_HEAD = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class InputFile:
    """A file to receive; `name` is its path below the given folder, `resource_type` that of its first resource.

    only: (line, entry) of what counts in it, where it was received before; None where all of it does.
    """

    path: Path
    name: str
    layout: Layout
    resource_type: str | None
    only: tuple[tuple[int, int], ...] | None = None


def find(path: Path) -> tuple[InputFile, ...]:
    """The FHIR files at `path` (a file, or a folder and its subfolders), in name order.

    Read are .ndjson, .jsonl and .json, each also as .gz. Within a folder links are not followed, and what is no
    regular file is never opened: a loop, a pipe or a device cannot hold up the night. Raises InputError, before
    anything is changed, when the path is missing, a file cannot be read, or nothing under it is FHIR.
    """
    if not path.exists():
        raise InputError(f"{shown(path)}: no such file or folder")
    root = path if path.is_dir() else path.parent
    with _blamed(path):
        candidates = list(_below(path)) if path.is_dir() else [path]
    regular = [p for p in candidates if not _is_odd(p)] if path.is_dir() else candidates
    named = [p for p in regular if _SUFFIX.search(p.name)]
    if odd := len(candidates) - len(regular):
        log.warning("skipped", files=odd, reason="a link or no regular file")
    if other := len(regular) - len(named):
        log.info("skipped", files=other, reason="neither .ndjson, .jsonl nor .json, plain or .gz")
    files = tuple(file for file in (_inspect(p, root) for p in named) if file is not None)
    if not files:
        why = f"; {odd} links or special files are not followed" if odd else ""
        why += "; archives are to be unpacked first" if any(p.suffix.lower() in _ARCHIVES for p in regular) else ""
        raise InputError(
            f"{shown(path)}: nothing to read: no .ndjson, .jsonl or .json file (plain or .gz) with content{why}"
        )
    return files


class Received:
    """The bytes of a file that is being received, decompressed."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream = stream
        self._path = path

    def read(self, size: int) -> bytes:
        """The next bytes, at most `size`, none at the end; raises InputError naming the file."""
        with _blamed(self._path):
            return self._stream.read(size)


@contextmanager
def opened(path: Path) -> Iterator[Received]:
    """The file's bytes; raises InputError naming the file when they cannot be read, or change meanwhile."""
    with ExitStack() as stack:
        with _blamed(path):
            # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
            raw = stack.enter_context(os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb"))
            before = os.fstat(raw.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise OSError("not a regular file")
            stream = stack.enter_context(gzip.open(raw)) if path.suffix.lower() == ".gz" else raw
        yield Received(cast("BinaryIO", stream), path)
        after = os.fstat(raw.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{shown(path)}: changed while it was read; sync again when it is complete")


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    """What goes wrong within is about reading `path`, not about writing elsewhere: an InputError that names it."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError(f"{shown(path)}: cannot be read: {reason}") from error


def shown(path: Path) -> str:
    """A path on one line, in UTF-8: bytes that are no text, and what would break the line, as escapes."""
    text = os.fsencode(path).decode("utf-8", errors="backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder itself, in name order; links to folders are not entered."""
    for entry in sorted(os.scandir(folder), key=lambda found: found.name):
        if entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path))
        else:
            yield Path(entry.path)


def _is_odd(path: Path) -> bool:
    return path.is_symlink() or not path.is_file()


def _inspect(path: Path, root: Path) -> InputFile | None:
    with opened(path) as stream:
        head = stream.read(_HEAD)
    head = head.removeprefix(BYTE_ORDER_MARK)
    if not head.strip():
        return None
    match = _RESOURCE_TYPE.search(head.split(b"\n", 1)[0]) or _RESOURCE_TYPE.search(head)
    resource_type = match.group(1).decode() if match else None
    return InputFile(path, shown(path.relative_to(root)), _layout(head, path.name.lower()), resource_type)


def _layout(head: bytes, name: str) -> Layout:
    """Lines when the first line is whole JSON; a .json file otherwise is one document, as is a bare "{" line."""
    first = head.lstrip().split(b"\n", 1)[0].strip()
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        pretty = first in (b"{", b"[") or ".json" in name
        return "document" if pretty else "lines"
    return "lines"
