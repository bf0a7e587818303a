"""A hospital with a data folder; each night brings a batch of resources."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import pipeline, workspace
from onco_etl.settings import EtlSettings

Resource = dict[str, Any]
Rows = list[tuple[Any, ...]]


class Hospital:
    """A data folder that keeps every published file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = EtlSettings(data=folder / "data", validation_sample=0, published_keep=99)
        pipeline.init(self.settings)
        self.nights = 0

    def night(self, *resources: Resource | str) -> dict[str, int]:
        """Sync one batch of resources or raw lines; received versions by fate."""
        self.nights += 1
        batch = self.folder / f"night{self.nights}"
        batch.mkdir()
        lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in resources]
        batch.joinpath("batch.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return pipeline.sync(self.settings, batch).fates

    def published(self, query: str, run: int | None = None) -> Rows:
        """Ask the published file of a run, by default the newest."""
        name = "current" if run is None else f"warehouse-{run}"
        with duckdb.connect(self.settings.data / "published" / f"{name}.duckdb", read_only=True) as con:
            return con.execute(query).fetchall()

    def workspace(self, query: str) -> Rows:
        """Ask the workspace."""
        with workspace.connect(self.settings.data, read_only=True) as con:
            return con.execute(query).fetchall()

    def change(self, statement: str) -> None:
        """Plant something in the workspace that no run would write."""
        with workspace.connect(self.settings.data) as con:
            con.execute(statement)


def patient(name: str = "p1", **more: Any) -> Resource:
    """A person born 1970-02-03."""
    return {"resourceType": "Patient", "id": name, "gender": "female", "birthDate": "1970-02-03", **more}


def about(person: str = "p1") -> Resource:
    """The subject of a resource."""
    return {"subject": {"reference": f"Patient/{person}"}}


def visit(name: str = "e1", person: str = "p1", **more: Any) -> Resource:
    """An ambulatory visit on 2021-03-01."""
    return {
        "resourceType": "Encounter",
        "id": name,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "period": {"start": "2021-03-01", "end": "2021-03-01"},
        **about(person),
        **more,
    }


def weight(name: str = "o1", person: str = "p1", value: float = 60.0, **more: Any) -> Resource:
    """A body weight in kg, measured during visit e1."""
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2021-03-01",
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "kg"},
        **about(person),
        **more,
    }


def drug(name: str = "s1", person: str = "p1", **more: Any) -> Resource:
    """A statement of ten days of a drug."""
    return {
        "resourceType": "MedicationStatement",
        "id": name,
        "status": "active",
        "medicationReference": {"reference": "Medication/m1"},
        "effectivePeriod": {"start": "2021-03-01", "end": "2021-03-10"},
        **about(person),
        **more,
    }


def medication(code: str = "1597876") -> Resource:
    """What the drug statements refer to, with an RxNorm code."""
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    return {"resourceType": "Medication", "id": "m1", "code": {"coding": [{"system": rxnorm, "code": code}]}}


def adverse_event(name: str = "a1", person: str = "p1", **more: Any) -> Resource:
    """Hypertension during drug s1."""
    return {
        "resourceType": "AdverseEvent",
        "id": name,
        "actuality": "actual",
        "event": {"text": "hypertension"},
        "date": "2021-03-04",
        "seriousness": {"coding": [{"code": "serious"}]},
        "suspectEntity": [{"instance": {"reference": "MedicationStatement/s1"}}],
        **about(person),
        **more,
    }


def deletion(*urls: str) -> Resource:
    """A Bundle by which the source deletes resources."""
    return {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [{"request": {"method": "DELETE", "url": url}} for url in urls],
    }
