"""The benchmark measures what it says, on an input small enough for a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from bench import run


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CACHE", tmp_path)


def test_input_is_made_once_per_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.generated(300, 0, 0) == run.generated(300, 0, 0) != run.generated(300, 0, 1)
    assert capsys.readouterr().out.count("generating 300 resources") == 2


def test_both_sides_are_measured() -> None:
    source = run.generated(300, 0, 1)
    assert 0 < run.seconds_of_read(run.generated(300, 0, 0)) < 60
    assert 0 < run.seconds_of_sync(source) < 60


def test_medians_of_alternating_runs() -> None:
    order: list[str] = []
    times = {"a": iter([3.0, 1.0, 2.0]), "b": iter([5.0, 9.0, 4.0])}

    def measure(name: str) -> float:
        order.append(name)
        return next(times[name])

    assert run.medians(3, {"a": lambda: measure("a"), "b": lambda: measure("b")}) == {"a": 2.0, "b": 5.0}
    assert order == ["a", "b", "a", "b", "a", "b"]


def test_the_table_shows_rates_and_ratios() -> None:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(run.table(1_000, 3, {"sync": 4.0, "read": 2.0}))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in captured.get().splitlines() if "│" in line]
    assert rows == [["sync", "4.00", "250", "2.00"], ["read", "2.00", "500", "1.00"]]
