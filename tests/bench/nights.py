"""Nights after a full load: what each takes, and how the files grow."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import measured
from support.command_line import SCRIPT
from support.command_line import run as onco_registry

_PUBLISHED = re.compile(r"event='published'.*seconds=([0-9.]+)")


@dataclass(frozen=True)
class Night:
    """Seconds of a sync and, of these, of publishing; resident MB; MB of the workspace and of the published file."""

    seconds: float
    publishing: float
    resident: float
    workspace: float
    published: float

    @property
    def without_publishing(self) -> float:
        """Seconds until the workspace was up to date, and after publishing."""
        return self.seconds - self.publishing


def nights_after(
    full: Path, change: Callable[[int], Path], count: int, folder: Path, environment: Mapping[str, str]
) -> None:
    """Load `full` into `folder`, then `change(1)`, `change(2)` ...; prints each and what they come to."""
    onco_registry(folder, "init")
    load, *nights = [one_night(folder, full, environment)] + [
        one_night(folder, change(number), environment) for number in range(1, count + 1)
    ]
    Console(width=120).print(table([load, *nights]))
    typical = statistics.median(night.without_publishing for night in nights)
    publishing = statistics.median(night.publishing for night in nights)
    print(
        f"a night costs {100 * typical / load.without_publishing:.1f} % of the full load"
        f" ({typical:.2f} of {load.without_publishing:.2f} s), and publishing {publishing:.2f} s"
    )


def one_night(folder: Path, source: Path, environment: Mapping[str, str]) -> Night:
    """One sync into an existing data folder."""
    one = measured([SCRIPT, "sync", "--from", source], folder, environment)
    publishing = sum(float(seconds) for seconds in _PUBLISHED.findall(one.said))
    workspace = (folder / "data" / "workspace.duckdb").stat().st_size / 1e6
    published = (folder / "data" / "published" / "current.duckdb").stat().st_size / 1e6
    return Night(one.seconds, publishing, one.resident, workspace, published)


def table(nights: list[Night]) -> Table:
    """A row per night, the full load first."""
    shown = Table(title="nights that change 1 in 100 resources")
    for heading in ("night", "seconds", "of them publishing", "resident MB", "workspace MB", "published MB"):
        shown.add_column(heading, justify="right")
    for number, night in enumerate(nights):
        shown.add_row(
            str(number or "full load"),
            f"{night.seconds:.2f}",
            f"{night.publishing:.2f}",
            f"{night.resident:,.0f}",
            f"{night.workspace:,.0f}",
            f"{night.published:,.0f}",
        )
    return shown
