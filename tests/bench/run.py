"""Resources per second of `onco-registry sync`, beside DuckDB's own read of the same columns of the same files.

    make bench
    make bench BENCH='--count 1000000 --runs 1 --bad-lines'

Every run is a fresh process on a fresh data folder; the runs of the things compared alternate, and medians are
compared. The input is generated once per parameters and kept in .bench/.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.generator import SHARES, Hospital, write
from support.command_line import run as onco_registry
from support.repository import ROOT

HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".bench"
# "One bad line per 100,000 at most doubles the time."
GOOD_PER_BAD = 100_000


def generated(count: int, seed: int, bad_lines: int) -> Path:
    """The folder with this input, made if it is not there; another generator is another folder."""
    sources = b"".join(file.read_bytes() for file in sorted([*HERE.glob("*.py"), *HERE.glob("*.yaml")]))
    folder = CACHE / f"{count}-{seed}-{bad_lines}-{hashlib.sha256(sources).hexdigest()[:12]}"
    if not folder.is_dir():
        print(f"generating {count:,} resources", flush=True)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        write(partial, Hospital(count, seed), bad_lines)
        partial.rename(folder)
    return folder


def seconds_of_sync(source: Path) -> float:
    """One sync into a fresh data folder, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=CACHE) as workplace:
        onco_registry(Path(workplace), "init")
        return _seconds(lambda: onco_registry(Path(workplace), "sync", "--from", source))


def seconds_of_read(source: Path) -> float:
    """One read by DuckDB into a fresh file, in a process of its own."""
    from onco_etl.fhir_schema import columns

    with tempfile.TemporaryDirectory(dir=CACHE) as workplace:
        declared = Path(workplace) / "columns.json"
        declared.write_text(json.dumps({name: columns(name) for name in SHARES}), encoding="utf-8")
        command = [sys.executable, str(HERE / "duckdb_read.py"), str(declared), str(source), f"{workplace}/read.duckdb"]
        return _seconds(lambda: subprocess.run(command, check=True))


def medians(runs: int, measured: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Median seconds of each, the runs alternating so that a busy moment hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(runs):
        for name, measure in measured.items():
            times[name].append(measure())
            print(f"{name}: {times[name][-1]:.2f} s", flush=True)
    return {name: statistics.median(values) for name, values in times.items()}


def table(count: int, runs: int, seconds: dict[str, float]) -> Table:
    """The medians; every ratio is to the last row, the yardstick."""
    *_, yardstick = seconds
    shown = Table(title=f"{count:,} resources, median of {runs}")
    for heading in ("", "seconds", "resources/s", f"times {yardstick}"):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, value in seconds.items():
        shown.add_row(name, f"{value:.2f}", f"{count / value:,.0f}", f"{value / seconds[yardstick]:.2f}")
    return shown


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    """Parses the options, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000, help="resources to generate")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bad-lines", action="store_true", help="also sync with a bad line per 100,000 (or one)")
    options = parser.parse_args()
    source = generated(options.count, options.seed, 0)
    measured = {"sync": lambda: seconds_of_sync(source), "DuckDB's own read": lambda: seconds_of_read(source)}
    if options.bad_lines:
        spoiled = generated(options.count, options.seed, max(1, options.count // GOOD_PER_BAD))
        measured = {"sync, bad lines": lambda: seconds_of_sync(spoiled), **measured}
    seconds = medians(options.runs, measured)
    Console().print(table(options.count, options.runs, seconds))
    if options.bad_lines:
        print(f"bad lines make a sync take {seconds['sync, bad lines'] / seconds['sync']:.2f} times as long")


if __name__ == "__main__":
    main()
