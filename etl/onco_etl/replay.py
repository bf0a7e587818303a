"""What is open in quarantine, as files to be received once more: after a map, a rule or the data was put right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from onco_etl.landing import LandedFile, raw_lines
from onco_etl.query import literal
from onco_etl.sources import InputFile


def open_files(con: duckdb.DuckDBPyConnection, data: Path, folder: Path, source: str) -> tuple[InputFile, ...]:
    """Write into `folder` a copy of each landed file of `source` that has open lines: those lines, the others blank.

    So each line keeps its number, and the file its name. A document is copied whole; of Bundles, only the entries that
    are open count.
    """
    found = con.execute(
        f"""
        SELECT q.run, q.file_no, l.name, l.layout, l.lines, list((q.line, q.entry) ORDER BY q.line, q.entry)
        FROM state.quarantine AS q JOIN state.landed AS l USING (run, file_no) JOIN state.run AS r USING (run)
        WHERE q.settled IS NULL AND r.source = {literal(source)}
        GROUP BY ALL ORDER BY q.run, q.file_no
        """
    ).fetchall()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = []
    for run, file_no, name, layout, lines, only in found:
        wanted = {line for line, _ in only}
        path = data / "landing" / f"{run:06d}" / f"{file_no:05d}.json.zst"
        texts = raw_lines(LandedFile(file_no, path, name, layout, None, lines), wanted)
        copy = folder / f"{run:06d}-{file_no:05d}.ndjson"
        copy.write_bytes(texts[min(wanted)] if layout == "document" else _sparse(texts))
        files.append(InputFile(copy, name, layout, None, tuple(only)))
    return tuple(files)


def _sparse(texts: dict[int, bytes]) -> bytes:
    """The lines at their numbers, with blank lines between them."""
    numbers: Sequence[int] = sorted(texts)
    gaps = (b"\n" * (number - before - 1) for before, number in zip([0, *numbers], numbers, strict=False))
    return b"".join(gap + texts[number].rstrip(b"\r\n") + b"\n" for gap, number in zip(gaps, numbers, strict=True))
