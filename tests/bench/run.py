"""What `onco-registry sync` takes, beside DuckDB's own read of the same declared columns of the same files.

    make bench
    make bench BENCH='--count 2000000 --lean --runs 1 --nights 30 --memory-limit 2GB'
    make bench BENCH='--count 5000 --peers'
    make bench BENCH=--bulletin
    make bench BENCH=--months

Every run is a fresh process on a fresh data folder; the runs of the things compared alternate, and medians are
compared. The input is generated once per parameters and kept in .bench/. See docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from bench import bulletin, months, peers
from bench.generator import SHARES, Hospital, write
from bench.measure import Measured, ProcessFailedError, measured, medians
from bench.nights import nights_after
from support.command_line import SCRIPT
from support.command_line import run as onco_registry
from support.repository import ROOT

HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".bench"
# "One bad line per 100,000 at most doubles the time."
GOOD_PER_BAD = 100_000
SYNC, READ = "sync", "DuckDB's own read"


def generated(hospital: Hospital, bad_lines: int = 0) -> Path:
    """The folder with this input, made if it is not there; another generator is another folder."""
    sources = b"".join(file.read_bytes() for file in sorted([*HERE.glob("*.py"), *HERE.glob("*.yaml")]))
    digest = hashlib.sha256(sources + f"{hospital} {bad_lines}".encode()).hexdigest()[:12]
    folder = CACHE / f"{hospital.total}{'-lean' if hospital.lean else ''}-night{hospital.night}-{digest}"
    if not folder.is_dir():
        if not hospital.night:
            print(f"generating {hospital.total:,} resources", flush=True)
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        write(partial, hospital, bad_lines)
        partial.rename(folder)
    return folder


def sync(source: Path, environment: Mapping[str, str]) -> Measured:
    """One sync into a fresh data folder, in a process of its own."""
    with tempfile.TemporaryDirectory(dir=CACHE) as workplace:
        onco_registry(Path(workplace), "init")
        return measured([SCRIPT, "sync", "--from", source], Path(workplace), environment)


def read(source: Path) -> Measured:
    """One read by DuckDB into a fresh file, in a process of its own."""
    from onco_etl.fhir_schema import columns

    with tempfile.TemporaryDirectory(dir=CACHE) as workplace:
        declared = Path(workplace) / "columns.json"
        declared.write_text(json.dumps({name: columns(name) for name in SHARES}), encoding="utf-8")
        arguments = (HERE / "duckdb_read.py", declared, source, Path(workplace) / "read.duckdb")
        return measured([sys.executable, *arguments], Path(workplace))


def compile_first(environment: Mapping[str, str]) -> None:
    """Let Python keep what it compiles, in .bench/, and have a sync and a read that do not count compile it.

    pip compiles what it installs; a site's processes do not compile it again.
    """
    os.environ.update(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(CACHE / "bytecode"))
    small = generated(Hospital(300))
    sync(small, environment)
    read(small)


def table(title: str, count: int, found: Mapping[str, Measured]) -> Table:
    """The medians; every ratio is to the last row, the yardstick."""
    *_, yardstick = found
    shown = Table(title=title)
    headings = ("seconds", "resources/s", f"times {yardstick}", "seconds of processors", "resident MB")
    for heading in ("", *headings):
        shown.add_column(heading, justify="right" if heading else "left")
    for name, one in found.items():
        shown.add_row(
            name,
            f"{one.seconds:.2f}",
            f"{count / one.seconds:,.0f}",
            f"{one.seconds / found[yardstick].seconds:.2f}",
            f"{one.processor:.2f}",
            f"{one.resident:,.0f}",
        )
    return shown


def compare_with_peers(hospital: Hospital, runs: int, environment: Mapping[str, str]) -> None:
    """Print what the peers take for the same files; one that stops with an error is said to."""
    source = generated(hospital)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as workplace:
        programs = peers.installed(Path(folder))
        if programs is None:
            return
        found: dict[str, Measured] = {}
        for name, measure in {
            **peers.measures(programs, source, Path(workplace)),
            SYNC: lambda: sync(source, environment),
        }.items():
            try:
                found |= medians(runs, {name: measure})
            except ProcessFailedError as error:
                reason = [line for line in str(error).splitlines() if "Error" in line] or [str(error)]
                print(f"{name}: stops with {reason[-1].strip()}", flush=True)
        Console(width=120).print(table(f"peers on {hospital.total:,} resources", hospital.total, found))


def time_bulletin(patients: int) -> None:
    """Print what the bulletin of a registry with so many patients takes, part by part."""
    registry, results = bulletin.computed(patients)
    seconds = bulletin.timed(registry, results)
    Console(width=120).print(bulletin.table(f"bulletin of {results.patients:,} patients", seconds))
    print(f"{sum(seconds.values()):.1f} s; 1,000 patients may take {bulletin.LIMIT}")


def main() -> None:
    """Parses the options, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000, help="resources to generate")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lean", action="store_true", help="resources of 0.7 kB instead of 2.1 kB")
    parser.add_argument("--nights", type=int, default=0, help="then so many nights that change 1 in 100 resources")
    parser.add_argument("--memory-limit", help="the setting memory_limit")
    parser.add_argument("--threads", help="the setting threads")
    parser.add_argument("--bad-lines", action="store_true", help="also sync with a bad line per 100,000 (or one)")
    parser.add_argument("--peers", action="store_true", help="only compare with pyomop and fhiry (installs them)")
    parser.add_argument("--bulletin", action="store_true", help="only what the bulletin of a registry takes")
    parser.add_argument("--patients", type=int, default=1_000, help="of that registry")
    parser.add_argument("--months", action="store_true", help="only how many months have a public edition")
    options = parser.parse_args()
    limits = {"MEMORY_LIMIT": options.memory_limit, "THREADS": options.threads}
    environment = {f"ONCO_REGISTRY__{name}": value for name, value in limits.items() if value}
    hospital = Hospital(options.count, options.seed, options.lean)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )
    if options.bulletin:
        time_bulletin(options.patients)
        return
    if options.months:
        Console(width=120).print(months.table())
        return
    if options.peers:
        compare_with_peers(hospital, options.runs, environment)
        return
    compile_first(environment)
    source = generated(hospital)
    things = {SYNC: lambda: sync(source, environment), READ: lambda: read(source)}
    if options.bad_lines:
        spoiled = generated(hospital, max(1, options.count // GOOD_PER_BAD))
        things = {"sync, bad lines": lambda: sync(spoiled, environment), **things}
    found = medians(options.runs, things)
    size = sum(file.stat().st_size for file in source.iterdir()) / 1e6
    title = f"{options.count:,} resources, {size:,.0f} MB, median of {options.runs}"
    Console(width=120).print(table(title, options.count, found))
    print(f"sync reaches {100 * found[READ].seconds / found[SYNC].seconds:.0f} % of the speed of {READ}")
    if options.bad_lines:
        ratio = found["sync, bad lines"].seconds / found[SYNC].seconds
        print(f"bad lines make a sync take {ratio:.2f} times as long")
    if options.nights:
        with tempfile.TemporaryDirectory(dir=CACHE) as workplace:
            nights_after(
                source, lambda night: generated(hospital.at(night)), options.nights, Path(workplace), environment
            )


if __name__ == "__main__":
    main()
