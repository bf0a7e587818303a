"""An erasure killed between its steps: the same command again completes it, and nobody is let in meanwhile."""

from __future__ import annotations

import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from etl.site import Site, patient, visit, weight
from hostile import killed
from hostile.killed import After, Before, Point, Statement
from onco_etl import erasure
from onco_etl.settings import EtlSettings
from rights import interrupted, planted

PERSON = "Patient/zqid-p"
POINTS: tuple[Point, ...] = (
    # After the plan is committed; between two batches of the landing zone.
    After("onco_etl.erasure:_plan"),
    After("onco_etl.redaction:remove"),
    # The workspace: before and after its run is committed.
    After("onco_etl.erasure_tables:purge"),
    Statement(2, "COMMIT", done=True),
    # The new files: half of the workspace's, and when all is there but not yet said so.
    Before("os:fsync"),
    After("onco_etl.replica:publish"),
)
# Where a night comes between.
NIGHT_BETWEEN = 1


def small(folder: Path) -> Site:
    site = Site(folder)
    site.night(planted.person(), patient("p2"), visit("e1", "p2"), weight("zqid-o1", "zqid-p"), weight("o1", "p2"))
    site.night(weight("zqid-o1", "zqid-p", value=61), weight("o1", "p2", value=62), '{"id": "x", "Patient/zqid-p')
    return site


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return small(tmp_path_factory.mktemp("killed"))


@pytest.fixture(name="exit_codes", scope="module")
def _exit_codes(site: Site) -> list[int | None]:
    with ThreadPoolExecutor(2) as pool:
        return list(
            pool.map(lambda n: killed.run(interrupted.erase, copy(site, n), PERSON, POINTS[n]), range(len(POINTS)))
        )


def copy(site: Site, number: int) -> EtlSettings:
    data = site.folder / f"trial{number}"
    shutil.copytree(site.settings.data, data, symlinks=True)
    return replace(site.settings, data=data)


@pytest.mark.parametrize("number", range(len(POINTS)))
def test_the_same_command_again_completes_it(site: Site, exit_codes: list[int | None], number: int) -> None:
    assert exit_codes[number] == -signal.SIGKILL, f"{POINTS[number]} was not reached"
    trial = Site.__new__(Site)
    trial.folder, trial.nights = site.folder / f"again{number}", 0
    trial.folder.mkdir()
    trial.settings = replace(site.settings, data=site.folder / f"trial{number}")
    expected = [(1970, "2021-03-01", 62.0)]
    received = [(1, 3), (2, 1)]
    if number == NIGHT_BETWEEN:
        assert trial.night(weight("zqid-o2", "zqid-p"), weight("o2", "p2")) == {"excluded": 1, "mapped": 1}
        expected.insert(0, (1970, "2021-03-01", 60.0))
        received.append((3, 2))
    erasure.erase(trial.settings, PERSON)
    assert planted.traces(trial.settings.data) == []
    assert trial.rows() == expected
    assert trial.workspace("SELECT count(*), count(finished), count(run) FROM state.erasure") == [(1, 1, 1)]
    assert trial.workspace("SELECT run, received FROM state.run WHERE kind = 'sync' ORDER BY run") == received
    assert trial.workspace("SELECT count(*) FROM state.erasing") == [(0,)]
    assert len(list((trial.settings.data / "published").glob("warehouse-*"))) == 1
