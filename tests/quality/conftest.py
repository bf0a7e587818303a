"""A small clean workspace: two persons with a row of every kind that a check is about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hospital.nights import Hospital, Resource, about, adverse_event, drug, medication, patient, visit, weight
from onco_etl import workspace


def observation(name: str, system: str, code: str, value: float, unit: str | None) -> Resource:
    """A number with a code and a UCUM unit, of person p1 during visit e1."""
    coding = {"coding": [{"system": system, "code": code}]}
    quantity = {"value": value, **({"system": "http://unitsofmeasure.org", "code": unit} if unit else {})}
    return weight(name, code=coding, valueQuantity=quantity)


def measured() -> list[Resource]:
    """A value of each concept that has a plausible range."""
    loinc, custom = "http://loinc.org", "urn:onco-registry:concept"
    return [
        observation("ecog", loinc, "89247-1", 1, None),
        observation("diameter", loinc, "33728-7", 32, "mm"),
        observation("sum", custom, "target-lesion-sum", 58, "mm"),
        observation("alt", loinc, "1742-6", 30, "mm"),
        observation("ast", loinc, "1920-8", 31, "mm"),
    ]


def graded() -> Resource:
    """An adverse event of grade 3."""
    url = "http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/ae-grade"
    return adverse_event(extension=[{"url": url, "valueCodeableConcept": {"coding": [{"code": "3"}]}}])


def condition() -> Resource:
    """A diagnosis of 2021-03-01."""
    coding = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "C49.2"}]}
    return {"resourceType": "Condition", "id": "c1", "code": coding, "onsetDateTime": "2021-03-01", **about()}


def request() -> Resource:
    """A prescription of 14 capsules."""
    rxnorm = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1597876"}
    return {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [rxnorm]},
        "authoredOn": "2021-03-01",
        "dispenseRequest": {"quantity": {"value": 14}},
        **about(),
    }


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    """Three nights; the last brings nothing new."""
    site = Hospital(tmp_path_factory.mktemp("checked"))
    address = [{"state": "SH", "country": "CN"}]
    resources = (visit(), drug(), medication(), request(), graded(), condition(), *measured())
    site.night(patient(address=address), *resources, '{"broken"', "")
    site.night(patient("p2", deceasedDateTime="2021-06-01"), visit("e2", "p2"), weight("o2", "p2", 70))
    site.night(visit())
    return site


@pytest.fixture
def con(hospital: Hospital) -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace within a transaction that is rolled back after the test."""
    with workspace.connect(hospital.settings.data) as con:
        con.execute("BEGIN")
        yield con
        con.execute("ROLLBACK")


@pytest.fixture
def data(hospital: Hospital) -> Path:
    """The data folder of the workspace."""
    return hospital.settings.data
