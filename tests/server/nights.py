"""A small hospital behind an export server: what two nights bring, and a data folder they are pulled into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from hospital.nights import adverse_event, drug, medication, patient, visit, weight
from onco_etl import cdm, pipeline, workspace
from onco_etl.server import pull
from onco_etl.settings import EtlSettings
from server.export_server import ExportServer, Resource, running
from server.pulling import settings

PATIENTS = 9
Rows = dict[str, list[tuple[Any, ...]]]


def record(number: int) -> list[Resource]:
    """A patient who is told by the date of birth, with a visit, two weights, a drug and an adverse event."""
    person = f"p{number}"
    encounter = {"encounter": {"reference": f"Encounter/e{number}"}}
    return [
        patient(person, birthDate=f"{1940 + number}-02-03"),
        visit(f"e{number}", person),
        weight(f"o{number}", person, 60.0 + number, **encounter),
        weight(f"w{number}", person, 50.0 + number, **encounter),
        drug(f"s{number}", person),
        adverse_event(
            f"a{number}", person, suspectEntity=[{"instance": {"reference": f"MedicationStatement/s{number}"}}]
        ),
    ]


def first(server: ExportServer) -> None:
    server.put(medication(), *(resource for number in range(PATIENTS) for resource in record(number)))


def second(server: ExportServer) -> None:
    """Changes, a new patient, deletions, and a patient who goes with all that is theirs."""
    server.put(weight("o1", "p1", 99.0), patient("p2", birthDate="1942-02-03", gender="male"), *record(PATIENTS))
    server.remove(("Observation", "o3"), ("Encounter", "e4"), ("Patient", "p5"))


class Site:
    """A data folder that a server is pulled into."""

    def __init__(self, folder: Path, server: ExportServer, **more: Any) -> None:
        self.etl = EtlSettings(data=folder / "data", validation_sample=0, check_every_sync=False)
        self.server = server
        self.more = more
        folder.mkdir()
        pipeline.init(self.etl)

    def night(self, **more: Any) -> dict[str, int]:
        return pull.sync(self.etl, settings(self.server, **{**self.more, **more})).fates

    def rows(self) -> Rows:
        """The published tables without their integers; persons are told by their dates of birth."""
        with duckdb.connect(self.etl.data / "published" / "current.duckdb", read_only=True) as con:
            return {table: con.execute(natural(table)).fetchall() for table in workspace.CLINICAL_TABLES}


def natural(table: str) -> str:
    integers = {*cdm.key_references(table), cdm.primary_key(table)}
    named = [f"t.{name}" for name in cdm.columns(table) if name not in integers]
    if "person_id" not in cdm.columns(table):
        return f"SELECT {', '.join(named) or 'count(*)'} FROM cdm.{table} AS t ORDER BY ALL"
    who = "p.year_of_birth AS who"
    return (
        f"SELECT {', '.join([who, *named])} FROM cdm.{table} AS t JOIN cdm.person AS p USING (person_id) ORDER BY ALL"
    )


def expected(folder: Path, *nights: Callable[[ExportServer], None]) -> Iterator[Rows]:
    """The tables after each night without faults."""
    with running(ExportServer(lines_per_file=4)) as server:
        site = Site(folder, server)
        for night in nights:
            night(server)
            site.night()
            yield site.rows()
