"""A file that appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import duckdb

from onco_etl.query import literal


class NewFile:
    """Lines that are appended page by page; what turns out to be half-read is taken back."""

    def __init__(self, stream: BinaryIO, scratch: Path) -> None:
        self._stream = stream
        self._page = scratch

    def end(self) -> int:
        """Where it ends now, for `cut`."""
        return self._stream.tell()

    def cut(self, end: int) -> None:
        """Take back what was appended since it ended there."""
        self._stream.seek(end)
        self._stream.truncate()

    def append(self, con: duckdb.DuckDBPyConnection, lines: str) -> None:
        """Append what a SELECT of JSON values gives, one per line."""
        # Raw control characters cannot stand in JSON: with this delimiter and no quotes, text stays as it is.
        con.execute(
            f"""
            COPY ({lines}) TO {literal(str(self._page))}
            (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x1f')
            """
        )
        with self._page.open("rb") as page:
            shutil.copyfileobj(page, self._stream)
        self._page.unlink()


@contextmanager
def new_file(path: Path) -> Iterator[NewFile]:
    """A file at `path`, once the block has ended well and something was written; its parts are called `.part`."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as stream:
            yield NewFile(stream, path.with_name(f"{path.name}.page.part"))
            size = stream.tell()
        if size:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
