"""A hospital in a folder: small resources, and nights that bring them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import pipeline, replica, workspace
from onco_etl.settings import EtlSettings

Resource = dict[str, Any]
Rows = list[tuple[Any, ...]]


def patient(name: str = "p1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1970-02-03", **more}


def visit(name: str = "e1", person: str = "p1", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{person}"},
        "period": {"start": "2021-03-01", "end": "2021-03-01"},
        **more,
    }


def weight(name: str = "o1", person: str = "p1", value: float = 60.0, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": f"Patient/{person}"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2021-03-01",
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "kg"},
        **more,
    }


class Site:
    """A hospital with a data folder; each night brings a batch of resources."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = EtlSettings(data=folder / "data", validation_sample=0)
        pipeline.init(self.settings)
        self.nights = 0

    def night(self, *resources: Resource | str) -> dict[str, int]:
        """Sync one batch; received versions by fate."""
        self.nights += 1
        batch = self.folder / f"batch{self.nights}"
        batch.mkdir()
        lines = [r if isinstance(r, str) else json.dumps(r) for r in resources]
        batch.joinpath("batch.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return pipeline.sync(self.settings, batch).fates

    def published(self, query: str) -> Rows:
        with duckdb.connect(self.settings.data / "published" / replica.CURRENT, read_only=True) as con:
            return con.execute(query).fetchall()

    def workspace(self, query: str) -> Rows:
        with workspace.connect(self.settings.data, read_only=True) as con:
            return con.execute(query).fetchall()

    def rows(self) -> Rows:
        """Weights with their natural keys instead of integers."""
        return self.published(
            """
            SELECT p.year_of_birth, v.visit_start_date::VARCHAR, m.value_as_number
            FROM cdm.measurement AS m JOIN cdm.person AS p USING (person_id)
            LEFT JOIN cdm.visit_occurrence AS v USING (visit_occurrence_id) ORDER BY ALL
            """
        )
