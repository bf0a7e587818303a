"""Files as downloaded: whether they are whole, and how many resources they hold."""

from __future__ import annotations

import gzip
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class BrokenFileError(Exception):
    """A file is not what the server meant to send; its text says why, without content."""


@dataclass(frozen=True)
class Counted:
    """`lines` that are not blank, in a file that is compressed or not."""

    lines: int
    packed: bool


def count(file: Path, limit: int) -> Counted:
    """Read a file of NDJSON whole; raises BrokenFileError where it is cut short, too large, or something else."""
    with file.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    try:
        return Counted(_lines(file, packed, limit), packed)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BrokenFileError("its compression is cut short or damaged") from None


def _lines(file: Path, packed: bool, limit: int) -> int:
    """The lines that are not blank; a line may be longer than what is read at a time."""
    with ExitStack() as stack:
        raw = stack.enter_context(file.open("rb"))
        stream = cast("BinaryIO", stack.enter_context(gzip.open(raw)) if packed else raw)
        total, lines, begun = 0, 0, False
        while chunk := stream.read(_CHUNK):
            if not total and chunk.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] not in (b"{", b""):
                raise BrokenFileError("it is no NDJSON")
            total += len(chunk)
            if total > limit:
                raise BrokenFileError("more than server.maximum_download bytes, decompressed")
            first, *others = (bool(part.strip()) for part in chunk.split(b"\n"))
            begun = begun or first
            if others:
                lines += begun + sum(others[:-1])
                begun = others[-1]
    return lines + begun
