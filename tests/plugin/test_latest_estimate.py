"""The published view of the newest estimates: one result set per registry, that of the last recompute."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from onco_etl import pipeline, replica, workspace
from onco_registry import checks, night
from onco_registry import config as configuration
from onco_registry.installed import registry_names


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> configuration.Config:
    """The settings of a site with one patient."""
    file = tmp_path / "registry.toml"
    named = configuration.TEMPLATE.replace("registries = []", f'registries = ["{registry_names()[0]}"]')
    file.write_text(named, encoding="utf-8")
    config = configuration.load(file)
    pipeline.init(config.etl)
    batch = tmp_path / "batch.ndjson"
    batch.write_text(json.dumps({"resourceType": "Patient", "id": "p1", "birthDate": "1970"}), encoding="utf-8")
    pipeline.sync(config.etl, batch)
    return config


def test_the_event_cut_off_is_30_days_before_what_is_known(config: configuration.Config) -> None:
    with workspace.connect(config.data) as con:
        # At the hospital it is the first of February.
        con.execute("UPDATE state.run SET started = TIMESTAMPTZ '2022-01-31 17:30:00+00'")
    assert [row["data_cut"] for row in night.recompute(config)] == ["2022-01-02"]


def test_only_the_last_recompute_is_shown(config: configuration.Config) -> None:
    cuts = [date(2021, month, 1) for month in (6, 3, 6)]
    for cut in cuts:
        night.recompute(config, data_cut=cut)
    with duckdb.connect(config.data / "published" / replica.CURRENT, read_only=True) as con:
        shown = con.execute("SELECT DISTINCT run, data_cut::VARCHAR FROM registry.latest_estimate").fetchall()
        source = con.execute("SELECT cdm_version, cdm_version_concept_id, cdm_holder FROM cdm.cdm_source").fetchall()
    assert shown == [(4, "2021-06-01")]
    assert source == [("5.4", 756265, "main")]
    with workspace.connect(config.data) as con:
        checked = [row["check"] for row in checks.run(con, config.data) if ": " in row["check"]]
    # One set of checks, not one per recompute.
    assert len(checked) == len(set(checked)) == 13
    assert {released.data_cut for released in night.bulletins(config)} == {"2021-06-01"}
