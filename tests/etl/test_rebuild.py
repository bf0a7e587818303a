"""`rebuild`: the landing zone replayed gives the same workspace, whatever became of the old one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.site import Site, patient, visit, weight
from onco_etl import pipeline, rebuild, workspace
from onco_etl.errors import StateError


@pytest.fixture
def site(tmp_path: Path) -> Site:
    found = Site(tmp_path)
    found.night(patient(), weight(), weight("o2", "p2"))
    found.night(visit(), weight(value=61.0), "{broken")
    found.night(patient("p2"), patient(link=[{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]))
    return found


def tables(site: Site) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the CDM and its history, integers and runs included, and the books."""
    names = [f"{schema}.{table}" for schema in ("cdm", "history") for table in workspace.CLINICAL_TABLES]
    books = ["state.ledger", "state.quarantine", "state.held", "state.alias", "state.reference"]
    return {name: site.workspace(f"FROM {name} ORDER BY ALL") for name in (*names, *books)}


def add_results(site: Site) -> None:
    """A run that computed something, as the outcome code leaves it."""
    with workspace.connect(site.settings.data) as con:
        con.execute(
            """
            CREATE TABLE results.worked_out AS SELECT 'orr' AS measure, 0.344 AS estimate;
            INSERT INTO state.run (run, kind, status) VALUES (4, 'recompute', 'complete');
            INSERT INTO state.recompute VALUES (4, 'r', DATE '2021-06-30', 3, 'hash');
            """
        )


def test_the_same_rows_keys_history_and_results(site: Site) -> None:
    add_results(site)
    before = tables(site)
    report = rebuild.rebuild(site.settings)
    assert (report.run, report.fates) == (5, {"excluded": 1, "mapped": 6, "quarantined": 1})
    assert tables(site) == before
    assert site.workspace("SELECT run, kind, status FROM state.run ORDER BY run") == [
        (1, "sync", "complete"),
        (2, "sync", "complete"),
        (3, "sync", "complete"),
        (4, "recompute", "complete"),
        (5, "rebuild", "complete"),
    ]
    assert site.published("FROM results.worked_out") == site.workspace("FROM results.worked_out")
    assert site.workspace("FROM state.recompute")[0][-1] == "hash"
    assert site.night(weight(value=62.0)) == {"mapped": 1}


@pytest.mark.parametrize("damage", ["lost", "overwritten"])
def test_without_the_old_workspace_the_logged_keys_hold(site: Site, damage: str) -> None:
    before = tables(site)
    file = site.settings.data / workspace.FILE
    file.unlink() if damage == "lost" else file.write_bytes(b"no database")
    if damage == "overwritten":
        with pytest.raises(StateError, match="what is damaged, `onco-registry rebuild` makes anew"):
            site.night(patient())
    rebuild.rebuild(site.settings)
    assert tables(site) == before
    assert site.settings.data.joinpath("workspace-unreadable.duckdb").exists() is (damage == "overwritten")


def test_what_a_killed_run_logged_is_not_taken_for_a_key(site: Site) -> None:
    before = tables(site)
    killed = site.settings.data / "landing" / "000002" / "keys" / "person.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT 'main/Patient/never-committed' AS row_key, 2 AS id) TO '{killed}' (FORMAT parquet)")
    site.settings.data.joinpath(workspace.FILE).unlink()
    rebuild.rebuild(site.settings)
    assert tables(site) == before


def test_a_workspace_of_another_release_says_what_to_do_and_can_be_rebuilt(site: Site) -> None:
    before = tables(site)
    with workspace.connect(site.settings.data) as con:
        con.execute("UPDATE state.workspace SET shape = 'older'; ALTER TABLE staged.patient DROP COLUMN link")
    with pytest.raises(StateError, match="run `onco-registry rebuild`"):
        site.night(patient())
    rebuild.rebuild(site.settings)
    assert tables(site) == before


def test_a_missing_batch_changes_nothing(site: Site) -> None:
    before = tables(site)
    site.settings.data.joinpath("landing", "000002", "manifest.json").unlink()
    with pytest.raises(StateError, match="000002: what this run landed cannot be read"):
        rebuild.rebuild(site.settings)
    assert tables(site) == before
    assert pipeline.remap(site.settings).run == 4


def test_a_replay_of_nothing_is_no_batch_to_miss(site: Site) -> None:
    site.night(patient("p3"))
    with workspace.connect(site.settings.data) as con:
        con.execute("UPDATE state.quarantine SET settled = run")
    assert pipeline.replay(site.settings).received == 0
    before = tables(site)
    rebuild.rebuild(site.settings)
    assert tables(site) == before


def test_a_site_that_received_nothing_can_be_rebuilt(tmp_path: Path) -> None:
    site = Site(tmp_path)
    rebuild.rebuild(site.settings)
    assert pipeline.replay(site.settings).received == 0
    rebuild.rebuild(site.settings)
    assert site.night(patient("p1")) == {"mapped": 1}
    assert site.workspace("SELECT run, kind, status FROM state.run ORDER BY run") == [
        (1, "rebuild", "complete"),
        (2, "replay", "complete"),
        (3, "rebuild", "complete"),
        (4, "sync", "complete"),
    ]


def test_a_lost_workspace_is_not_made_empty(site: Site) -> None:
    before = tables(site)
    site.settings.data.joinpath(workspace.FILE).unlink()
    for command in (lambda: site.night(patient()), lambda: pipeline.init(site.settings)):
        with pytest.raises(StateError, match=r"the landing zone has what was received: .* `onco-registry rebuild`"):
            command()
    rebuild.rebuild(site.settings)
    pipeline.init(site.settings)
    assert tables(site) == before
