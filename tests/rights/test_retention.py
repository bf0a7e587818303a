"""Retention: old versions go, the current ones stay, and a rebuild gives the same rows."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.site import Rows, Site, patient, visit, weight
from onco_etl import landing, rebuild, retention, workspace
from onco_etl.errors import ConfigurationError, StateError
from onco_etl.settings import Retention
from onco_registry import config

DELETED = {
    "resourceType": "Bundle",
    "entry": [{"request": {"method": "DELETE", "url": "Observation/o2"}}, {"resource": weight("o3", "p1", value=70)}],
}


def dated(value: float, number: int) -> dict[str, Any]:
    return weight("o1", value=value, meta={"versionId": str(number), "lastUpdated": f"2021-03-0{number}T00:00:00Z"})


@pytest.fixture(scope="module", name="nights")
def _nights(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Nights with what is superseded, unchanged, deleted, unsupported, and open and settled in quarantine."""
    found = Site(tmp_path_factory.mktemp("nights"))
    coverage = {"resourceType": "Coverage", "id": "c1"}
    found.night(patient(), visit(), dated(60, 1), weight("o2"), coverage, weight("bad", status="x"), "{broken")
    found.night(dated(61, 2), DELETED, coverage, weight("bad"))
    found.night(dated(61, 3))
    return found


@pytest.fixture
def site(nights: Site, tmp_path: Path) -> Site:
    """A copy of the site after those nights, with a retention of 30 days."""
    shutil.copytree(nights.settings.data, tmp_path / "data", symlinks=True)
    found = copy.copy(nights)
    found.folder, kept = tmp_path, Retention(landing_days=30, published_days=30)
    found.settings = replace(nights.settings, data=tmp_path / "data", retention=kept)
    return found


def days_later(site: Site, days: int) -> None:
    with workspace.connect(site.settings.data) as con:
        retention.apply(con, site.settings, now=datetime.now(UTC) + timedelta(days=days))


def landed(site: Site) -> list[list[str]]:
    """Per run, the lines of its one file, as resource ids."""
    texts = []
    for folder in sorted((site.settings.data / "landing").iterdir()):
        (file,) = landing.read(folder).files
        lines = landing.raw_lines(file, set(range(1, file.lines + 1)))
        texts.append([_id(line.decode().strip()) for line in lines.values()])
    return texts


def _id(line: str) -> str:
    return line if not line or line.startswith("{broken") else json.loads(line).get("id", "bundle")


def rows(site: Site) -> dict[str, Rows]:
    """The CDM with its keys and lineage; since which run a row is known is not told by what was superseded."""
    names = workspace.CLINICAL_TABLES
    return {name: site.workspace(f"SELECT * EXCLUDE (_run_from) FROM cdm.{name} ORDER BY ALL") for name in names}


def test_what_was_superseded_goes_and_a_rebuild_gives_the_same_rows(site: Site) -> None:
    before, versions = rows(site), site.workspace("SELECT * EXCLUDE (run, content) FROM state.resource ORDER BY ALL")
    days_later(site, 29)
    assert landed(site)[0] == ["p1", "e1", "o1", "o2", "c1", "bad", "{broken"]
    days_later(site, 31)
    # Of o1 stay the content and the version that confirmed it; what is open in quarantine stays.
    assert landed(site) == [["p1", "e1", "", "", "", "", "{broken"], ["o1", "bundle", "c1", "bad"], ["o1"]]
    manifest = json.loads((site.settings.data / "landing" / "000001" / "manifest.json").read_text())
    assert manifest["files"][0]["removed"] == {"retention": 4}
    assert manifest["files"][0]["lines"] == 7
    days_later(site, 31)
    assert site.workspace("SELECT run, count(*) FROM state.forgotten GROUP BY run") == [(1, 4)]
    assert len(list((site.settings.data / "published").glob("warehouse-*"))) == 1
    rebuild.rebuild(site.settings)
    assert rows(site) == before
    assert site.workspace("SELECT * EXCLUDE (run, content) FROM state.resource ORDER BY ALL") == versions
    # A version older than the current one is still known to be so.
    assert site.night(dated(60, 1), dated(62, 4)) == {"mapped": 1, "superseded": 1}


def test_nothing_is_kept_on_request_and_then_nothing_is_rebuilt(site: Site) -> None:
    site.settings = replace(site.settings, retention=Retention(landing_days=30, landing_keep="nothing"))
    before = site.rows()
    days_later(site, 31)
    assert list((site.settings.data / "landing").glob("*/*.zst")) == []
    assert site.workspace("SELECT count(*) FROM state.quarantine WHERE settled IS NULL") == [(0,)]
    with pytest.raises(StateError, match=r"no longer kept \(retention.landing_keep\): without them nothing"):
        rebuild.rebuild(site.settings)
    assert site.rows() == before
    assert site.night(weight("o9")) == {"mapped": 1}


def test_the_section_of_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "registry.toml"
    file.write_text('[retention]\nlanding_days = 90\nlanding_keep = "nothing"\n', encoding="utf-8")
    assert config.load(file).etl.retention == Retention(90, "nothing", None)
    file.write_text("[retention]\nlanding_days = 0\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="retention: days are 1 or more"):
        config.load(file)
    file.write_text('opt_out_list = "nobody.txt"\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"opt_out_list: .*nobody.txt: no such file"):
        config.load(file)
