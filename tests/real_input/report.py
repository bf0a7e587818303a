"""Prints docs/real-input.md: PYTHONPATH=tests python -m real_input.report > docs/real-input.md."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from support.real_input import FOLDERS, Loaded, load

INTRODUCTION = """# Real input

Four public sets of FHIR R4 samples, loaded one after the other into one data folder. They were not made for this
project: ids recur with different content (that is superseded, not lost), some resources are invalid on purpose, and
most types are none that a registry reads. `received` is counted by the project's ledger and, independently, by
`tests/support/line_counter.py`; `tests/real_input` holds both to agree. This page is printed by
`PYTHONPATH=tests python -m real_input.report`."""


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A Markdown table; a first column of text, then numbers."""
    cells = list(head)
    yield f"| {' | '.join(cells)} |"
    yield f"|---|{'---:|' * (len(cells) - 1)}"
    yield from (
        f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |" for row in rows
    )
    yield ""


def fates_of(one: Loaded) -> Counter[str]:
    """Received versions of one folder by fate."""
    counts: Counter[str] = Counter()
    for (_, fate, _), n in one.fates.items():
        counts[fate] += n
    return counts


def report(loaded: list[Loaded]) -> Iterator[str]:
    """The page, line by line."""
    yield from (INTRODUCTION, "", "## Commands", "", "    onco-registry init")
    yield from (f"    onco-registry sync --from ../shared/data/{folder}" for folder in FOLDERS)
    yield from ("    onco-registry status", "", "## Received versions by fate", "")
    fates = sorted(set().union(*(fates_of(one) for one in loaded)))
    yield from table(
        ["folder", "lines counted", "received", *fates],
        ([one.folder, one.lines.total(), one.fates.total(), *(fates_of(one)[f] for f in fates)] for one in loaded),
    )
    yield from ("## Why a version was not mapped", "")
    reasons: Counter[str] = Counter()
    for one in loaded:
        for (_, fate, reason), n in one.fates.items():
            reasons[f"{fate}: {reason}"] += n
    rows = sorted((reason, n) for reason, n in reasons.items() if not reason.startswith("mapped"))
    yield from table(["reason", "versions"], rows)
    yield from ("## CDM rows after the last sync", "")
    yield from table(["table", "rows"], ((name, n) for name, n in loaded[-1].status["cdm"].items() if n))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as workplace:
        print("\n".join(report(load(Path(workplace)))).rstrip())
