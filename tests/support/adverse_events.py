"""Small AdverseEvents for tests."""

from __future__ import annotations

from typing import Any

BACKPORT = "http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition"
RESEARCH = "http://hl7.org/fhir/uv/ae-research-ig/StructureDefinition"
CTCAE = "http://hl7.org/fhir/us/ctcae/StructureDefinition"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
MEDDRA = "https://www.meddra.org"
# Concepts of our own have ids above it.
CUSTOM = 2_000_000_000


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def event(**elements: Any) -> dict[str, Any]:
    """Hypertension on 4 March 2024, with the elements given."""
    return {
        "resourceType": "AdverseEvent",
        "id": "a1",
        "actuality": "actual",
        "event": concept(MEDDRA, "10020772"),
        "subject": {"reference": "Patient/p1"},
        "date": "2024-03-04",
        **elements,
    }


def administration(drug: str = "安罗替尼", person: str = "p1", **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "m1",
        "status": "completed",
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": "2024-03-01",
        "medicationCodeableConcept": {"text": drug},
        **elements,
    }


def criterion(code: str, present: bool | None = True, guide: str = BACKPORT) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"url": "criterionCode", "valueCodeableConcept": concept(NCIT, code)}]
    if present is not None:
        parts.append({"url": "criterionPresent", "valueBoolean": present})
    return {"url": f"{guide}/seriousness-criteria", "extension": parts}


def suspect(instance: dict[str, Any], guide: str = BACKPORT, **causality: dict[str, Any]) -> dict[str, Any]:
    """The suspect-entity extension, with its causality one level down."""
    parts = [{"url": name, "valueCodeableConcept": value} for name, value in causality.items()]
    judged = [{"url": "causality", "extension": parts}] if parts else []
    return {"url": f"{guide}/suspect-entity", "extension": [{"url": "instance", **instance}, *judged]}
