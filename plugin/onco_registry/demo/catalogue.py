"""How the fictional hospital spells what it records: the YAML and CSV files beside this module, as FHIR data types."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

Json = dict[str, Any]
HERE = files("onco_registry.demo")


@dataclass(frozen=True)
class ReplicaPlan:
    """One replica patient: what the registry must find (response, PFS, OS), and how the record tells it.

    ``pfs_days`` and ``os_days`` count end - start + 1. ``lead_days`` is the day of the infusion's start minus that of
    the oral drug's, so the index date is the later of the two starts.
    """

    id: str
    response: str
    pfs_days: int
    pfs_event: bool
    os_days: int
    os_event: bool
    index_date: date
    subtype: str
    topography: str
    infusion: str
    lead_days: int
    response_style: str
    sum_record: str
    metastasis: str
    worst_related_grade: int


@dataclass(frozen=True)
class Catalogue:
    """The spellings of the fictional hospital, as read from codes, drugs, diagnoses, adverse_events and groups."""

    codes: Json
    drugs: Json
    diagnoses: Json
    events: Json
    groups: Json

    def coding(self, system: str, code: str, display: str | None = None) -> Json:
        """A FHIR Coding; ``system`` is an alias of codes.yaml."""
        coding: Json = {"system": self.codes["systems"][system], "code": code}
        return coding if display is None else {**coding, "display": display}

    def concept(self, spelling: Mapping[str, Any]) -> Json:
        """A FHIR CodeableConcept from its spelling in YAML."""
        concept: Json = {}
        if "codings" in spelling:
            concept["coding"] = [self.coding(*parts) for parts in spelling["codings"]]
        if "text" in spelling:
            concept["text"] = spelling["text"]
        return concept

    def drug_concept(self, drug: str, turn: int) -> Json:
        """The drug's CodeableConcept in the spelling whose turn it is."""
        spellings = self.drugs["drugs"][drug]["spellings"]
        return self.concept(spellings[turn % len(spellings)])

    def quantity(self, value: float, unit: str) -> Json:
        """A FHIR Quantity with a UCUM unit."""
        return {"value": value, "unit": unit, "system": self.codes["systems"]["ucum"], "code": unit}


@cache
def document(name: str) -> Json:
    """The YAML file of that name beside this module."""
    loaded: Json = yaml.safe_load(HERE.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
    return loaded


def load_catalogue() -> Catalogue:
    """The YAML files of this folder."""
    names = ("codes", "drugs", "diagnoses", "adverse_events", "groups")
    return Catalogue(*(document(name) for name in names))


def replica_plans() -> list[ReplicaPlan]:
    """The rows of replica_32.csv."""
    lines = HERE.joinpath("replica_32.csv").read_text(encoding="utf-8").splitlines()
    return [_plan(row) for row in csv.DictReader(lines)]


def errata(replica: str) -> frozenset[str]:
    """The kinds of error and correction (corrections.yaml) that one replica patient's record shows."""
    return frozenset(kind for kind, patients in document("corrections").items() if replica in patients)


def _plan(row: Mapping[str, str]) -> ReplicaPlan:
    return ReplicaPlan(
        id=row["id"],
        response=row["response"],
        pfs_days=int(row["pfs_days"]),
        pfs_event=row["pfs_event"] == "1",
        os_days=int(row["os_days"]),
        os_event=row["os_event"] == "1",
        index_date=date.fromisoformat(row["index_date"]),
        subtype=row["subtype"],
        topography=row["topography"],
        infusion=row["infusion"],
        lead_days=int(row["lead_days"]),
        response_style=row["response_style"],
        sum_record=row["sum_record"],
        metastasis=row["metastasis"],
        worst_related_grade=int(row["worst_related_grade"]),
    )
