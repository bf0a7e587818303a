"""Land a batch: each received file kept exactly as received, compressed, never changed again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import cast

import zstandard

from onco_etl.errors import InputError, StateError
from onco_etl.sources import InputFile, Layout, opened

_CHUNK = 4 << 20
# Checksums and compression leave the interpreter to others.
_SIDE_BY_SIDE = 2
_COMPLETE = "complete"
MANIFEST = "manifest.json"
# Said by the manifest of a batch whose files the retention removed.
GONE = "gone"


@dataclass(frozen=True)
class LandedFile:
    """A file of a run as it lies in the landing zone; `lines` counts physical lines, blank ones included.

    `resource_type` is None where the file must be taken apart line by line; `only` as in InputFile; `sha256` is that of
    its content when it was received, None where it is read from the landing zone.
    """

    file_no: int
    path: Path
    name: str
    layout: Layout
    resource_type: str | None
    lines: int
    only: tuple[tuple[int, int], ...] | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Limits:
    """`line`: bytes of the largest resource, Bundle or line that is read; `file`: bytes of the largest file landed."""

    line: int
    file: int


def land(files: tuple[InputFile, ...], folder: Path, *, source: str, limits: Limits) -> tuple[LandedFile, ...]:
    """Copy `files` into `folder` (created, private) with a manifest of names, sizes and checksums.

    Raises InputError when a file turns out to be unreadable or, decompressed, too large; the folder is removed again.
    """
    folder.mkdir(mode=0o700, parents=True)
    try:
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            done = list(pool.map(lambda n, file: _land_one(n, file, folder, limits), count(1), files))
        content = {"source": source, "received": datetime.now(UTC).isoformat(), "files": [entry for _, entry in done]}
        # The manifest appears whole or not at all: a folder without it was landed by half.
        written = folder.joinpath(f"{MANIFEST}.new")
        written.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        persist(written)
        written.replace(folder / MANIFEST)
        persist(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return tuple(landed for landed, _ in done)


def _land_one(file_no: int, file: InputFile, folder: Path, limits: Limits) -> tuple[LandedFile, dict[str, object]]:
    target = folder / f"{file_no:05d}.json.zst"
    digest, size, newlines, last = hashlib.sha256(), 0, 0, b"\n"
    longest, line = 0, 0
    with (
        opened(file.path) as stream,
        target.open("xb") as raw,
        zstandard.ZstdCompressor(level=1).stream_writer(raw) as sink,
    ):
        while chunk := stream.read(min(_CHUNK, limits.line)):
            digest.update(chunk)
            size += len(chunk)
            if size > limits.file:
                raise InputError(f"{file.name}: more than {limits.file} bytes, decompressed (maximum_file_size)")
            newlines += chunk.count(b"\n")
            # A line longer than a chunk reaches beyond one; the others need no look.
            end = chunk.find(b"\n")
            longest = max(longest, line + (end if end >= 0 else len(chunk)))
            line = line + len(chunk) if end < 0 else len(chunk) - chunk.rfind(b"\n") - 1
            last = chunk[-1:]
            sink.write(chunk)
    persist(target)
    target.chmod(0o400)
    lines = newlines + (last != b"\n")
    resource_type = file.resource_type if longest <= limits.line else None
    landed = LandedFile(
        file_no, target, file.name, file.layout, resource_type, lines, file.only, sha256=digest.hexdigest()
    )
    entry = {
        "file_no": file_no,
        "name": file.name,
        "layout": file.layout,
        "resource_type": resource_type,
        "lines": lines,
        "only": file.only,
        "bytes": size,
        "sha256": landed.sha256,
    }
    return landed, entry


def persist(path: Path) -> None:
    """What was received outlasts a loss of power, as what was committed of it does."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Batch:
    """What a run landed: its files, from which source, and when."""

    source: str
    received: datetime
    files: tuple[LandedFile, ...]


def read(folder: Path) -> Batch:
    """The batch that lies in a run's folder of the landing zone; raises StateError when it cannot be read."""
    try:
        manifest = json.loads(folder.joinpath(MANIFEST).read_text(encoding="utf-8"))
        if manifest.get(GONE):
            raise StateError(
                f"{folder}: the files of this run are no longer kept (retention.landing_keep): without them nothing "
                "can be rebuilt"
            )
        files = tuple(
            LandedFile(
                file["file_no"],
                folder / f"{file['file_no']:05d}.json.zst",
                file["name"],
                file["layout"],
                file["resource_type"],
                file["lines"],
                file["only"] and tuple((line, entry) for line, entry in file["only"]),
            )
            for file in manifest["files"]
        )
        return Batch(manifest["source"], datetime.fromisoformat(manifest["received"]), files)
    except (OSError, ValueError, KeyError) as error:
        raise StateError(f"{folder}: what this run landed cannot be read ({type(error).__name__})") from None


def mark_complete(folder: Path) -> None:
    """Note beside a batch that its run was committed: it stands even where the workspace is lost."""
    if folder.is_dir():
        folder.joinpath(_COMPLETE).touch(mode=0o400)


def is_complete(folder: Path) -> bool:
    """Whether the run that landed here is known to have been committed."""
    return folder.joinpath(_COMPLETE).exists()


def clear(zone: Path, *, complete: set[int], only_complete: bool = False) -> None:
    """Put in order what killed runs left: a batch landed by half goes, a committed one is marked so.

    A batch that was landed whole stays even where its run was not committed: it was received. With `only_complete` it
    goes: nobody has looked whether it holds what was erased.
    """
    for folder in zone.iterdir():
        if not folder.name.isdigit() or is_complete(folder):
            continue
        if int(folder.name) in complete:
            mark_complete(folder)
        elif only_complete or not folder.joinpath(MANIFEST).exists():
            shutil.rmtree(folder)


def raw_lines(file: LandedFile, wanted: set[int]) -> dict[int, bytes]:
    """The bytes of some physical lines (numbered from 1) of a landed file; a document is each of its lines."""
    with file.path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        if file.layout == "document":
            whole = stream.read() if wanted else b""
            return dict.fromkeys(wanted, whole)
        found: dict[int, bytes] = {}
        for first, block in _blocks(stream):
            following = first + block.count(b"\n") + (not block.endswith(b"\n"))
            if any(first <= number < following for number in wanted):
                numbered = enumerate(io.BytesIO(block), start=first)
                found.update({number: line for number, line in numbered if number in wanted})
            if len(found) == len(wanted):
                break
        return found


def matching_lines(file: LandedFile, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines, with their numbers, in which `pattern` is found; the others are passed over many at a time."""
    with file.path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        for first, block in _blocks(stream):
            yield from _matching(block, pattern, first)


def _blocks(stream: zstandard.ZstdDecompressionReader) -> Iterator[tuple[int, bytes]]:
    """Many whole lines at a time, with the number of the first: most need no look of their own."""
    number, rest = 1, b""
    while chunk := stream.read(_CHUNK):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield number, whole + newline
            number += whole.count(b"\n") + 1
    if rest:
        yield number, rest


def _matching(block: bytes, pattern: re.Pattern[bytes], number: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while found := pattern.search(block, at):
        start = block.rfind(b"\n", 0, found.start()) + 1
        end = block.find(b"\n", found.start()) + 1 or len(block)
        number += block.count(b"\n", at, start)
        yield number, block[start:end]
        at, number = end, number + 1


def filled_lines(file: LandedFile) -> list[int]:
    """The numbers of the lines that are not blank."""
    with file.path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        return [number for number, line in enumerate(_lines(stream), start=1) if line.strip()]


def _lines(stream: zstandard.ZstdDecompressionReader) -> Iterator[bytes]:
    yield from io.BufferedReader(cast("io.RawIOBase", stream))
