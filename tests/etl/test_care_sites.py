"""Places and providers come late and go: what refers to them follows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import incoming, pipeline, replica, versions
from onco_etl.settings import EtlSettings

SUBJECT = {"reference": "Patient/p1"}
FIRST: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": "1970",
        "managingOrganization": {"reference": "Organization/o1"},
        "generalPractitioner": [{"reference": "Practitioner/d1"}],
    },
    {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": SUBJECT,
        "period": {"start": "2024-01-10"},
        "serviceProvider": {"identifier": {"system": "urn:site", "value": "ward 7"}},
        "participant": [{"individual": {"type": "Practitioner", "identifier": {"value": "staff 9"}}}],
    },
    {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "subject": SUBJECT,
        "performedDateTime": "2024-01-10",
        "performer": [{"actor": {"reference": "Practitioner/d1"}}],
    },
    {
        "resourceType": "MedicationStatement",
        "id": "m1",
        "status": "active",
        "subject": SUBJECT,
        "effectiveDateTime": "2024-01-10",
        "medicationCodeableConcept": {"text": "any drug"},
        "informationSource": {"reference": "urn:uuid:d1"},
    },
]
ORGANIZATION = {
    "resourceType": "Organization",
    "id": "o1",
    "name": "Third Hospital",
    "identifier": [{"system": "urn:site", "value": "ward 7"}],
}
PRACTITIONER = {
    "resourceType": "Practitioner",
    "id": "d1",
    "name": [{"family": "Wang"}],
    "identifier": [{"value": "staff 9"}],
}
GONE = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [{"request": {"method": "DELETE", "url": url}} for url in ("Organization/o1", "Practitioner/d1")],
}


def test_a_late_place_or_provider_fills_what_refers_to_it(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)

    def after(name: str, *resources: dict[str, Any]) -> list[tuple[Any, ...]]:
        batch = tmp_path / f"{name}.ndjson"
        batch.write_text("\n".join(json.dumps(resource) for resource in resources), encoding="utf-8")
        pipeline.sync(settings, batch)
        with duckdb.connect(settings.data / "published" / replica.CURRENT, read_only=True) as con:
            return con.execute(
                """
                SELECT 'person', care_site_id, provider_id FROM cdm.person
                UNION ALL SELECT 'visit', care_site_id, provider_id FROM cdm.visit_occurrence
                UNION ALL SELECT 'procedure', NULL, provider_id FROM cdm.procedure_occurrence
                UNION ALL SELECT 'drug', NULL, provider_id FROM cdm.drug_exposure
                ORDER BY ALL
                """
            ).fetchall()

    nothing = [("drug", None, None), ("person", None, None), ("procedure", None, None), ("visit", None, None)]
    everything = [("drug", None, 1), ("person", 1, 1), ("procedure", None, 1), ("visit", 1, 1)]
    assert after("first", *FIRST) == nothing
    assert after("late", ORGANIZATION, PRACTITIONER) == everything
    assert after("gone", GONE) == nothing
    assert after("again", ORGANIZATION, PRACTITIONER) == everything


def test_each_reference_that_is_followed_says_what_it_means_without_a_type() -> None:
    """Else what refers by urn:uuid alone would not be touched when its target comes or goes."""
    known = {*versions._SOLE_TARGETS, *versions._SUSPECTS}
    assert {
        (table, element)
        for table in incoming.tables()
        for element, _ in versions._references(table)
        if element not in known
    } == {
        # Whether there is a study is all that is read; a lesion is a pseudonym; Patient.link goes by state.alias.
        ("adverse_event", "study"),
        ("observation", "focus"),
        ("patient", "link.other"),
    }


def test_what_is_not_mapped_is_counted_by_type(tmp_path: Path) -> None:
    settings = EtlSettings(data=tmp_path / "data", validation_sample=0)
    pipeline.init(settings)
    inner = {"resourceType": "Bundle", "id": "b1", "type": "collection", "entry": [{"resource": FIRST[0]}]}
    kinds = [{"resourceType": kind, "id": "x"} for kind in ("CarePlan", "CarePlan", "Immunization")]
    outer = {"resourceType": "Bundle", "entry": [{"resource": one} for one in (inner, *kinds, FIRST[0])]}
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps(outer), encoding="utf-8")
    pipeline.sync(settings, batch)
    with duckdb.connect(settings.data / "published" / replica.CURRENT, read_only=True) as con:
        found = con.execute("SELECT resource_type, fate, reason, versions FROM registry.fate ORDER BY ALL").fetchall()
    assert found == [
        ("Bundle", "unsupported", "unsupported-type", 1),
        ("CarePlan", "unsupported", "unsupported-type", 2),
        ("Immunization", "unsupported", "unsupported-type", 1),
        ("Patient", "mapped", "rows", 1),
    ]
