"""A folder of odd files, synced once, and what became of each line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from etl.site import Resource, Site, patient
from onco_etl import pipeline

Line = Resource | str | bytes
# fate, reason, element of each version of a file, in the order of lines and entries
Fates = list[tuple[str, str, str | None]]

MAPPED = ("mapped", "rows", None)
MALFORMED = ("quarantined", "malformed-json", None)


def good(name: str) -> Resource:
    """A patient that stands beside the odd ones and must not suffer."""
    return patient(f"good-{name}")


def raw(line: Line) -> bytes:
    return (
        line
        if isinstance(line, bytes)
        else (line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)).encode()
    )


class Received(Site):
    """A site whose folder `in` is filled file by file and then received once."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder)
        self.settings = replace(self.settings, **settings)
        self.input = folder / "in"
        self.input.mkdir()

    def write(self, name: str, lines: Iterable[Line], *, start: bytes = b"", end: bytes = b"\n") -> None:
        """One file, in which a good patient comes before and after the given lines."""
        around = [good(f"{name}-1"), *lines, good(f"{name}-2")]
        self.input.joinpath(f"{name}.ndjson").write_bytes(start + end.join(map(raw, around)) + end)

    def receive(self) -> dict[str, int]:
        return pipeline.sync(self.settings, self.input).fates

    def fates(self, name: str) -> Fates:
        """Of the lines of a file between the two good ones, which must both have been mapped."""
        found: Fates = self.workspace(
            f"""
            SELECT l.fate, l.reason, q.element
            FROM state.ledger AS l JOIN state.landed AS f USING (run, file_no)
            LEFT JOIN state.quarantine AS q USING (run, file_no, line, entry)
            WHERE f.name = '{name}.ndjson' ORDER BY l.line, l.entry
            """
        )
        assert found[0] == found[-1] == MAPPED
        return found[1:-1]

    def messages(self, name: str) -> list[str | None]:
        """What is said of each quarantined line of a file."""
        found = self.workspace(
            f"""
            SELECT q.message FROM state.quarantine AS q JOIN state.landed AS f USING (run, file_no)
            WHERE f.name = '{name}.ndjson' ORDER BY q.line, q.entry
            """
        )
        return [message for (message,) in found]
