"""Public FHIR samples load whole: exit code 0, every received version accounted for, most of them mapped."""

from __future__ import annotations

import csv

import pytest

from support.real_input import DATA, FOLDERS, Loaded, by_type, fates_of, load
from support.repository import ROOT

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the sample folders are not at ../{DATA.parent.name}/data")


@pytest.fixture(name="loaded", scope="module")
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loaded]:
    return {one.folder: one for one in load(tmp_path_factory.mktemp("workplace"))}


def supported_types() -> set[str]:
    """Resource types with declared elements."""
    return {file.stem for file in (ROOT / "mappings/fhir").glob("[A-Z]*.yaml")}


def documented_reasons(fate: str) -> set[str]:
    with (ROOT / "mappings/reasons.csv").open(encoding="utf-8", newline="") as lines:
        return {row["reason"] for row in csv.DictReader(lines) if row["fate"] == fate}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_received_version_has_one_fate(loaded: dict[str, Loaded], folder: str) -> None:
    one = loaded[folder]
    assert one.fates.total() == one.lines.total()
    # A type that FHIR does not have is not repeated: its name may be anything.
    foreign = sum(n for name, n in one.lines.items() if not name.isalpha())
    known = {name: n for name, n in one.lines.items() if name.isalpha()}
    assert {name: n for name, n in by_type(one.fates).items() if name} == known
    assert one.fates.total() - sum(known.values()) == foreign


def test_the_ledger_ends_with_all_that_was_received(loaded: dict[str, Loaded]) -> None:
    total = fates_of(loaded[FOLDERS[-1]].status["received"]).total()
    assert total == sum(one.lines.total() for one in loaded.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_run_says_how_much_it_received(loaded: dict[str, Loaded], folder: str) -> None:
    runs = [run for run in loaded[folder].status["runs"] if run["kind"] == "sync"]
    newest = max(runs, key=lambda run: int(run["run"]))
    assert (newest["status"], newest["received"]) == ("complete", loaded[folder].lines.total())
    assert len(runs) == FOLDERS.index(folder) + 1


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("fate", ["excluded", "quarantined"])
def test_every_refusal_has_a_documented_reason(loaded: dict[str, Loaded], folder: str, fate: str) -> None:
    given = {reason for _, of, reason in loaded[folder].fates if of == fate}
    assert given <= documented_reasons(fate)


def test_synthetic_patients_are_mapped(loaded: dict[str, Loaded]) -> None:
    fates = loaded["synthea-100"].fates
    supported = {fate: n for fate, n in fates.items() if fate[0] in supported_types()}
    mapped = sum(n for (_, fate, _), n in supported.items() if fate == "mapped")
    assert sum(supported.values()) > 25_000
    assert mapped >= 0.95 * sum(supported.values())


def test_the_patients_arrive(loaded: dict[str, Loaded]) -> None:
    persons = [loaded[folder].status["cdm"]["person"] for folder in FOLDERS]
    assert persons == sorted(persons)
    assert persons[-1] - persons[-2] == loaded["synthea-100"].lines["Patient"] == 100
