"""Make a copy of a landed file that DuckDB can read: without byte order marks, and without lines that are too long.

RFC 8259 lets a reader ignore a byte order mark before a JSON text; each line is one. A line beyond the limit would
keep DuckDB from reading the file at all, so it is left blank in the copy: the other lines keep their numbers.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import zstandard

from onco_etl.landing import LandedFile
from onco_etl.sources import BYTE_ORDER_MARK


@dataclass(frozen=True)
class Tidied:
    """A file to read, its size as landed, and the numbers of the lines that are not blank or that are too long."""

    file: LandedFile
    size: int
    filled: list[int]
    too_long: list[int]


def tidy(file: LandedFile, folder: Path, *, limit: int) -> Tidied:
    """The lines of `file` as DuckDB can read them: as landed, or a copy in `folder` where something must go."""
    filled, too_long, marked, size = [], [], False, 0
    for number, length, line in _lines(file, limit):
        size += length
        marked = marked or line.startswith(BYTE_ORDER_MARK)
        if len(line) > limit:
            too_long.append(number)
        elif line.removeprefix(BYTE_ORDER_MARK).strip():
            filled.append(number)
    if marked or too_long:
        file = replace(file, path=_copy(file, folder, limit))
    return Tidied(file, size, filled, too_long)


def _copy(file: LandedFile, folder: Path, limit: int) -> Path:
    path = folder / f"tidy-{file.file_no:05d}.json"
    with path.open("wb") as target:
        for _, _, line in _lines(file, limit):
            target.write(b"" if len(line) > limit else line.removeprefix(BYTE_ORDER_MARK))
            target.write(b"\n")
    return path


def _lines(file: LandedFile, limit: int) -> Iterator[tuple[int, int, bytes]]:
    """Each physical line: its number, its length, and its bytes without the end, at most `limit` + 1 of them."""
    with ExitStack() as stack:
        raw = stack.enter_context(file.path.open("rb"))
        stream = stack.enter_context(zstandard.ZstdDecompressor().stream_reader(raw))
        lines = io.BufferedReader(cast("io.RawIOBase", stream), 1 << 20)
        number = 0
        while line := lines.readline(limit + 2):
            number += 1
            rest, length = line, len(line)
            while not rest.endswith(b"\n") and (rest := lines.readline(limit + 2)):
                length += len(rest)
            yield number, length, line.removesuffix(b"\n")[: limit + 1]
