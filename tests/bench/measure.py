"""What a process took: seconds of the clock and of the processors, and the most memory that was resident."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Of one process: seconds passed, seconds of processor time, most resident memory in MB; its standard error."""

    seconds: float
    processor: float
    resident: float
    said: str = ""


class ProcessFailedError(RuntimeError):
    """A measured process ended with an error; the message is the end of what it said."""


def measured(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command in a folder, its own output thrown away."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        start = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        # Waited for by hand: only so is the memory that of this process and not of all before it.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    if process.returncode:
        raise ProcessFailedError(f"{Path(command[0]).name} ended with {process.returncode}:\n{text[-2000:]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def medians(runs: int, things: Mapping[str, Callable[[], Measured]]) -> dict[str, Measured]:
    """The medians of each, and the most memory; the runs alternate, so that a busy moment hits all of them."""
    found: dict[str, list[Measured]] = {name: [] for name in things}
    for _ in range(runs):
        for name, measure in things.items():
            one = measure()
            found[name].append(one)
            print(
                f"{name}: {one.seconds:.2f} s, {one.processor:.2f} s of processors, {one.resident:,.0f} MB", flush=True
            )
    return {name: _median(values) for name, values in found.items()}


def _median(values: Iterable[Measured]) -> Measured:
    of = list(values)
    return Measured(
        statistics.median(one.seconds for one in of),
        statistics.median(one.processor for one in of),
        max(one.resident for one in of),
    )
