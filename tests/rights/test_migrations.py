"""A workspace of an earlier release gets the tables of this one, in place, before the first night."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from etl.site import Site, patient, weight
from onco_etl import cdm, migrations, pipeline, workspace
from onco_etl.errors import StateError
from onco_etl.server import pull
from onco_etl.settings import EtlSettings
from server.export_server import ExportServer, running
from server.pulling import settings

OLD = Path(__file__).with_name("workspace_0_1.sql")
BASELINE = migrations.MIGRATIONS[0].start


def old_site(folder: Path) -> Site:
    """A data folder as 0.1 left it: its tables, one run, a patient's key, a Consent that it could not read."""
    site = Site.__new__(Site)
    site.folder, site.nights, site.settings = folder, 0, EtlSettings(data=folder / "data", validation_sample=0)
    for part in ("landing", "published", "bulletins"):
        site.settings.data.joinpath(part).mkdir(parents=True)
    site.settings.data.joinpath("secret").write_text("0" * 64, encoding="ascii")
    with workspace.connect(site.settings.data, must_exist=False) as con:
        con.execute(OLD.read_text(encoding="utf-8"))
        cdm.create_tables(con)
        for table in workspace.CLINICAL_TABLES:
            for name, kind in workspace.LINEAGE:
                con.execute(f"ALTER TABLE cdm.{table} ADD COLUMN {name} {kind}")
            con.execute(f"CREATE TABLE history.{table} AS FROM cdm.{table} WITH NO DATA")
            con.execute(f"ALTER TABLE history.{table} ADD COLUMN _run_to INTEGER")
        for table in ("resource", *workspace.CLINICAL_TABLES):
            con.execute(f"CREATE SEQUENCE keys.{table}_seq MAXVALUE {workspace.INTEGER_MAX}")
            con.execute(f"CREATE TABLE keys.{table} (row_key VARCHAR, id INTEGER)")
        con.execute(
            f"""
            INSERT INTO state.workspace VALUES ('{BASELINE}');
            INSERT INTO state.run (run, kind, status, received) VALUES (7, 'sync', 'complete', 1);
            INSERT INTO state.ledger (run, file_no, line, entry, resource_type, resource, fate, reason)
            VALUES (7, 1, 1, 0, 'Consent', 'main/Consent/k1', 'unsupported', 'unsupported-type');
            INSERT INTO keys.person SELECT 'main/Patient/p1', nextval('keys.person_seq');
            """
        )
    return site


def test_the_first_night_of_this_release_brings_the_tables_and_keeps_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = old_site(tmp_path)
    with pytest.raises(StateError, match="a `sync` of this release takes over those of the one before"):
        site.workspace("FROM state.run")
    assert site.night(patient("p0"), patient("p1"), weight("o1", "p1")) == {"mapped": 3}
    assert site.workspace("FROM state.workspace") == [(workspace.shape(),)]
    assert site.workspace("FROM keys.person ORDER BY id") == [("main/Patient/p1", 1), ("main/Patient/p0", 2)]
    assert site.workspace("SELECT run, kind FROM state.run ORDER BY run") == [(7, "sync"), (8, "sync")]
    assert site.workspace("SELECT count(*) FROM state.erasure") == [(0,)]
    assert site.workspace("SELECT resource_type FROM state.ledger WHERE run = 7") == [("Consent",)]
    assert "rebuild, so that Consents and lesions that were received before are read, too" in capsys.readouterr().out
    assert migrations.migrate(site.settings.data) == 0
    assert pipeline.remap(site.settings).run == 9


def test_a_first_night_from_a_server_does_so_too(tmp_path: Path) -> None:
    site = old_site(tmp_path)
    with running(ExportServer()) as server:
        server.put(patient("p1"))
        assert pull.sync(replace(site.settings, check_every_sync=False), settings(server)).fates == {"mapped": 1}
    assert site.workspace("FROM keys.person") == [("main/Patient/p1", 1)]


def test_the_migrated_workspace_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    def tables(data: Path) -> list[tuple[str, ...]]:
        with workspace.connect(data, read_only=True) as con:
            return con.execute(
                "SELECT schema_name, table_name, column_index, column_name, data_type FROM duckdb_columns() "
                "WHERE NOT internal ORDER BY ALL"
            ).fetchall()

    old = old_site(tmp_path).settings.data
    assert migrations.migrate(old) == 1
    workspace.create(tmp_path / "new")
    assert tables(old) == tables(tmp_path / "new")


def test_an_unknown_release_is_left_to_rebuild(tmp_path: Path) -> None:
    site = old_site(tmp_path)
    with workspace.connect(site.settings.data, any_shape=True) as con:
        con.execute("UPDATE state.workspace SET shape = 'unknown'")
    assert migrations.migrate(site.settings.data) == 0
    with pytest.raises(StateError, match="run `onco-registry rebuild`"):
        site.night(patient())
