"""A disk that fills up at each step: exit code 4 and one line, the last state stays, and the next night completes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hostile import killed
from hostile.killed import After, Before, Point, Statement
from hostile.test_kill import Nights
from onco_etl.workspace import connect
from onco_registry import status

POINTS: dict[str, Point] = {
    "landing": Before("onco_etl.landing:_land_one", 2),
    "staging": Before("onco_etl.unpack:unpack"),
    "the transaction": After("onco_etl.versions:receive"),
    "the commit": Statement(1, "COMMIT"),
    "the mark of a committed batch": Before("onco_etl.landing:mark_complete"),
    "the copy of the published file": Before("shutil:copyfile"),
    "its commit": Statement(2, "COMMIT"),
}


@pytest.fixture(name="nights", scope="module")
def _nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(tmp_path_factory.mktemp("disk"))


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=120m", "tmpfs", tmp_path], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a file system of its own needs root")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def check(nights: Nights, name: str, disk: Path | None, point: Point) -> None:
    settings = nights.copy(name)
    if disk:
        subprocess.run(["mv", settings.data, disk / "data"], check=True)
        settings = replace(settings, data=disk / "data")
    told = nights.folder / f"{name}.txt"
    assert killed.run(killed.night_on_a_full_disk, settings, nights.batch, point, disk, told) == 4
    message = told.read_text().strip()
    assert "\n" not in message
    assert "No space left on device" in message or "File too large" in message or "cannot be read or written" in message
    if disk:
        (disk / "filler").unlink()
    assert killed.published(settings) in (nights.first, nights.second)
    with connect(settings.data, read_only=True) as con:
        assert status.runs(con)[-1]["status"] in ("complete", "failed", "interrupted")
    assert killed.run(killed.night, settings, nights.batch, Before("onco_etl.replica:_clear", 99)) == 0
    assert killed.state(settings) == nights.expected
    assert killed.litter(settings.data) == []


@pytest.mark.parametrize("step", POINTS)
def test_no_file_can_grow(nights: Nights, step: str) -> None:
    check(nights, f"limit-{list(POINTS).index(step)}", None, POINTS[step])


@pytest.mark.parametrize("step", ["landing", "the commit", "the copy of the published file"])
def test_a_full_file_system(nights: Nights, small_disk: Path, step: str) -> None:
    check(nights, f"disk-{list(POINTS).index(step)}", small_disk, POINTS[step])
