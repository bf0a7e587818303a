"""The benchmark measures what it says, on an input small enough for a test."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from bench import bulletin, nights, run
from bench.generator import Hospital
from bench.measure import Measured, ProcessFailedError, measured, medians

SMALL = Hospital(300)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CACHE", tmp_path)


def rows(shown: Table) -> list[list[str]]:
    console = Console(width=150)
    with console.capture() as captured:
        console.print(shown)
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in captured.get().splitlines() if "│" in line]


def test_input_is_made_once_per_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.generated(SMALL) == run.generated(SMALL) != run.generated(SMALL, 1)
    assert capsys.readouterr().out.count("generating 300 resources") == 2


def test_both_sides_are_measured() -> None:
    assert 0 < run.read(run.generated(SMALL)).seconds < 60
    assert 0 < run.sync(run.generated(SMALL, 1), {"ONCO_REGISTRY__MEMORY_LIMIT": "1GB"}).seconds < 60


def test_a_process_is_measured_by_itself(tmp_path: Path) -> None:
    # A process begins with the memory of the one that starts it, which here is that of every test before this one.
    started_with = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    large = measured([sys.executable, "-c", f"b'x' * {int(started_with + 500) * 1_000_000}"], tmp_path)
    small = measured([sys.executable, "-c", "import sys; print('said', file=sys.stderr)"], tmp_path)
    assert large.resident > started_with + 300 > small.resident > 1
    assert small.said == "said\n"
    with pytest.raises(ProcessFailedError, match="ended with 3"):
        measured([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_medians_of_alternating_runs() -> None:
    order: list[str] = []
    times = {"a": iter([3.0, 1.0, 2.0]), "b": iter([5.0, 9.0, 4.0])}

    def measure(name: str) -> Measured:
        order.append(name)
        value = next(times[name])
        return Measured(value, value, value)

    found = medians(3, {"a": lambda: measure("a"), "b": lambda: measure("b")})
    assert found == {"a": Measured(2.0, 2.0, 3.0), "b": Measured(5.0, 5.0, 9.0)}
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_the_table_shows_rates_and_ratios() -> None:
    found = {"sync": Measured(4.0, 6.0, 900.0), "read": Measured(2.0, 3.5, 80.0)}
    assert rows(run.table("title", 1_000, found)) == [
        ["sync", "4.00", "250", "2.00", "6.00", "900"],
        ["read", "2.00", "500", "1.00", "3.50", "80"],
    ]


def test_a_night_is_measured_with_its_publishing_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "hospital"
    folder.mkdir()
    nights.nights_after(run.generated(SMALL), lambda night: run.generated(SMALL.at(night)), 1, folder, {})
    assert "% of the full load" in capsys.readouterr().out
    (full,) = rows(nights.table([nights.Night(4.0, 1.5, 900.0, 20.0, 10.0)]))
    assert full == ["full load", "4.00", "1.50", "900", "20", "10"]


def test_every_part_of_a_bulletin_is_measured() -> None:
    seconds = bulletin.timed(*bulletin.computed(20))
    parts = [f"files, {edition}, {language}" for edition in ("internal", "public") for language in ("en", "zh")]
    assert list(seconds) == ["document", "public edition", *parts]
    assert min(seconds.values()) > 0
    shown = rows(bulletin.table("title", {"document": 1.5, "public edition": 0.25}))
    assert shown == [["document", "1.50"], ["public edition", "0.25"], ["all", "1.75"]]
