"""A night from a server that fails on the way leaves the replica as one without faults leaves it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from onco_etl.postgres.follow import follow
from postgres.database import Database, file_tables
from server.export_server import ExportServer, running
from server.nights import PATIENTS, Site, expected, first, second


def test_nights_with_faults_leave_the_replica_that_nights_without_leave(tmp_path: Path, database: Database) -> None:
    calm = expected(tmp_path / "calm", first, second)
    with running(ExportServer(lines_per_file=4)) as server:
        site = Site(tmp_path / "faults", server)
        site.etl = replace(site.etl, postgres=database.settings)
        for night in (first, second):
            night(server)
            server.faults.busy = [(503, "0"), (429, "1764122000000")]
            server.faults.cut, server.faults.truncated, server.faults.lose_jobs = 2, 1, 1
            site.night()
            assert (server.faults.busy, server.faults.cut, server.faults.lose_jobs) == ([], 0, 0)
            follow(site.etl)
            assert site.rows() == next(calm)
            assert database.ask("SELECT count(*) FROM cdm.person") == [(PATIENTS,)]
            assert database.tables() == file_tables(site.etl.data)
