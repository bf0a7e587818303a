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
    # The plan: before and after it is committed.
    Before("onco_etl.suppression:suppress"),
    After("onco_etl.erasure:_plan"),
    # The landing zone: a file without its manifest, one batch of two; the logs of keys.
    After("onco_etl.redaction:_rewrite"),
    After("onco_etl.redaction:remove"),
    After("onco_etl.erasure_keys:redact"),
    # The workspace: before and after its run is committed.
    After("onco_etl.erasure_tables:purge"),
    Statement(2, "COMMIT", done=True),
    # The new files: workspace, published file, and when it is all there but not yet said so.
    Before("os:fsync"),
    After("onco_etl.compaction:renew"),
    After("onco_etl.replica:publish"),
)


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
    erasure.erase(trial.settings, PERSON)
    assert planted.traces(trial.settings.data) == []
    assert trial.rows() == [(1970, "2021-03-01", 62.0)]
    assert trial.workspace("SELECT count(*), count(finished), count(run) FROM state.erasure") == [(1, 1, 1)]
    assert trial.workspace("SELECT run, received FROM state.run WHERE kind = 'sync' ORDER BY run") == [(1, 3), (2, 1)]
    assert trial.workspace("SELECT count(*) FROM state.erasing") == [(0,)]
    assert len(list((trial.settings.data / "published").glob("warehouse-*"))) == 1


def test_a_night_between_lets_nobody_in(site: Site, exit_codes: list[int | None]) -> None:
    assert exit_codes
    settings = copy(site, 100)
    killed.run(interrupted.erase, settings, PERSON, After("onco_etl.redaction:remove"))
    trial = Site.__new__(Site)
    trial.folder, trial.nights, trial.settings = site.folder / "between", 0, settings
    trial.folder.mkdir()
    assert trial.night(weight("zqid-o2", "zqid-p"), weight("o2", "p2")) == {"excluded": 1, "mapped": 1}
    erasure.erase(settings, PERSON)
    assert planted.traces(settings.data) == []
    assert trial.rows() == [(1970, "2021-03-01", 60.0), (1970, "2021-03-01", 62.0)]
