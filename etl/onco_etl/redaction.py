"""Take lines, and entries of Bundles, out of landed files: all others keep their bytes, line and entry numbers.

A line becomes a blank one, an entry of a Bundle `ERASED`, a value of a document an empty Bundle. What stays of a Bundle
is its type and its entries. The manifest gets the new size and checksum, and the number of what was taken out and why:
not what or whose it was.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import zstandard

from onco_etl import json_spans, landing
from onco_etl.landing import MANIFEST, LandedFile
from onco_etl.sources import Layout

# What stands in a Bundle for an entry that was taken out; `unpack` passes over it.
ERASED = '{"erased-by":"onco-registry"}'
_NOTHING = '{"resourceType":"Bundle"}'
# The name of a file whose own name told of whom it was.
UNNAMED = "erased"


@dataclass(frozen=True)
class Place:
    """Where something lies in a run's batch; entry 0: the whole line, or the whole value of a document."""

    file_no: int
    line: int
    entry: int


def remove(folder: Path, places: Sequence[Place], *, why: str, files: Mapping[int, tuple[str, Layout]]) -> int:
    """Take `places` out of the batch in `folder`; how many files that changed. Doing it again changes nothing.

    files: number -> name and layout, as the files turned out to be.
    """
    path = folder / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    wanted: dict[int, dict[int, set[int]]] = {}
    for place in places:
        wanted.setdefault(place.file_no, {}).setdefault(place.line, set()).add(place.entry)
    for described in manifest["files"]:
        number = described["file_no"]
        described["name"], layout = files.get(number, (described["name"], described["layout"]))
        file = LandedFile(number, folder / f"{number:05d}.json.zst", "", layout, None, described["lines"])
        # The retention may have removed it.
        if (lines := wanted.get(number)) and file.path.exists():
            described |= {"layout": layout, **_rewrite(file, lines)}
            described.setdefault("removed", {})[why] = sum(map(len, lines.values()))
    new = path.with_name(f"{MANIFEST}.new")
    new.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    landing.persist(new)
    new.replace(path)
    landing.persist(folder)
    return len(wanted)


def _rewrite(file: LandedFile, lines: Mapping[int, set[int]]) -> dict[str, object]:
    """Write a landed file anew without `lines` (line -> its entries); its size and checksum."""
    digest, size = hashlib.sha256(), 0
    new = file.path.with_name(f"{file.path.name}.new")
    new.unlink(missing_ok=True)
    with (
        file.path.open("rb") as raw,
        zstandard.ZstdDecompressor().stream_reader(raw) as stream,
        new.open("xb") as target,
        zstandard.ZstdCompressor(level=1).stream_writer(target) as sink,
    ):
        whole = io.BufferedReader(cast("io.RawIOBase", stream))
        parts = [document(whole.read(), lines)] if file.layout == "document" else _without(whole, lines)
        for part in parts:
            digest.update(part)
            size += len(part)
            sink.write(part)
    landing.persist(new)
    new.chmod(0o400)
    new.replace(file.path)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _without(stream: Iterable[bytes], lines: Mapping[int, set[int]]) -> Iterator[bytes]:
    for number, line in enumerate(stream, start=1):
        yield without_entries(line, lines[number]) if number in lines else line


def without_entries(line: bytes, numbers: set[int]) -> bytes:
    """A line without some entries of its Bundle; blank where 0 is among them or no entry is left."""
    text = line.decode("utf-8", errors="surrogateescape")
    left = None if 0 in numbers else _bundle_without(text, 0, len(text), numbers)
    return b"\n" if left is None else left.encode("utf-8", errors="surrogateescape") + b"\n"


def document(content: bytes, values: Mapping[int, set[int]]) -> bytes:
    """A document without some of its values, or some entries of these."""
    text = content.decode("utf-8", errors="surrogateescape")
    parts, done = [], 0
    try:
        spans = list(json_spans.values(text.lstrip("\ufeff")))
    except (ValueError, RecursionError):
        # It could not be read at all: nothing of it stays.
        return _NOTHING.encode() + b"\n" * content.count(b"\n")
    text = text.lstrip("\ufeff")
    for number, (start, end) in enumerate(spans, start=1):
        if number in values:
            left = None if 0 in values[number] else _bundle_without(text, start, end, values[number])
            parts += [text[done:start], left or _NOTHING, "\n" * text.count("\n", start, end)]
            done = end
    return "".join([*parts, text[done:]]).encode("utf-8", errors="surrogateescape")


def _bundle_without(text: str, start: int, end: int, numbers: set[int]) -> str | None:
    """The Bundle at `start` without some entries, on one line; None where none is left."""
    spans = json_spans.entries(text[start:end].lstrip("\ufeff"))
    body = text[start:end].lstrip("\ufeff")
    kept = [ERASED if n in numbers else _on_one_line(body[a:b]) for n, (a, b) in enumerate(spans, start=1)]
    if all(entry == ERASED for entry in kept):
        return None
    kind = json.dumps(json.loads(body).get("type"))
    return f'{{"resourceType":"Bundle","type":{kind},"entry":[{",".join(kept)}]}}'


def _on_one_line(text: str) -> str:
    """JSON text without its line breaks, which can only stand between tokens."""
    return text.replace("\r", " ").replace("\n", " ")


def scrub(path: Path, theirs: Callable[[bytes], set[int]]) -> bool:
    """Blank, in an NDJSON file that is not landed (plain or .gz), what `theirs` finds in a line; whether there was any.

    Every line keeps its length, so that whoever reads on from where it stopped finds the place.
    """
    packed = path.suffix.lower() == ".gz"
    new, changed = path.with_name(f"{path.name}.new"), False
    with (
        gzip.open(path) if packed else path.open("rb") as stream,
        gzip.open(new, "xb") if packed else new.open("xb") as sink,
    ):
        for line in cast("Iterable[bytes]", stream):
            left = line
            if found := theirs(line):
                changed = True
                left = without_entries(line, found).rstrip(b"\n").ljust(len(line.rstrip(b"\r\n")))
                left += line[len(line.rstrip(b"\r\n")) :]
            sink.write(left)
    new.chmod(path.stat().st_mode & 0o777)
    new.replace(path) if changed else new.unlink()
    return changed


def value_text(text: bytes, layout: Layout, line: int) -> bytes:
    """What `landing.raw_lines` gives of a line; of a document, the value of that number, where it can be read."""
    if layout == "lines":
        return text
    whole = text.decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        start, end = list(json_spans.values(whole))[line - 1]
    except (ValueError, IndexError, RecursionError):
        return text
    return whole[start:end].encode()


def entry_text(line: bytes, entry: int) -> bytes:
    """The entry of a Bundle's line by its number from 1, as received; the line itself for 0, or where it has none."""
    if not entry:
        return line
    text = line.decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        start, end = json_spans.entries(text)[entry - 1]
    except (ValueError, IndexError, RecursionError):
        return line
    return text[start:end].encode()
