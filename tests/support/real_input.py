"""Loads the four public sample folders, one after the other, into one data folder by the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.command_line import run, run_json
from support.line_counter import count
from support.repository import ROOT

DATA = ROOT.parent / "shared" / "data"
FOLDERS = ("r4-examples", "mcode-stu4", "mcode-extraction-fixtures", "synthea-100")

# (resource type, fate, reason)
Fate = tuple[str, str, str]


@dataclass(frozen=True)
class Loaded:
    """One folder after its sync: the line counter's view, the fates of what this run received, the status then."""

    folder: str
    lines: Counter[str]
    fates: Counter[Fate]
    status: dict[str, Any]


def load(workplace: Path) -> list[Loaded]:
    """Every folder synced in turn from an initialised workplace."""
    run(workplace, "init")
    return [_load(workplace, folder) for folder in FOLDERS]


def _load(workplace: Path, folder: str) -> Loaded:
    run(workplace, "sync", "--from", DATA / folder)
    status = run_json(workplace, "status")
    newest = max(int(one["run"]) for one in status["runs"])
    fates = fates_of(row for row in status["received"] if row["run"] == newest)
    return Loaded(folder, count(DATA / folder), fates, status)


def fates_of(received: Iterable[dict[str, Any]]) -> Counter[Fate]:
    """Received versions by type, fate and reason, from the rows of `status --json`."""
    counts: Counter[Fate] = Counter()
    for row in received:
        counts[row["resource_type"] or "", row["fate"], row["reason"] or ""] += row["count"]
    return counts


def by_type(fates: Counter[Fate]) -> Counter[str]:
    """Received versions by resource type."""
    counts: Counter[str] = Counter()
    for (resource_type, _, _), n in fates.items():
        counts[resource_type] += n
    return counts
