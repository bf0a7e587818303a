"""AdverseEvent -> the event, and what is said about it as observations linked to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

BACKPORT = "http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
MEDDRA = "https://www.meddra.org"
CUSTOM = 2_000_000_000
EVENT = "condition_occurrence:main/AdverseEvent/a1#0"


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def event(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "AdverseEvent",
        "id": "a1",
        "actuality": "actual",
        "event": concept(MEDDRA, "10020772"),
        "subject": {"reference": "Patient/p1"},
        "date": "2024-03-04",
        **elements,
    }


ATTRIBUTE = "slot, observation_concept_id, value_as_number, value_as_concept_id, value_as_string"


def test_event(mapped: Any) -> None:
    resolved = {"url": f"{BACKPORT}/resolve-date", "valueDateTime": "2024-03-20"}
    found = mapped(event(extension=[resolved], encounter={"reference": "Encounter/e1"}))
    columns = (
        "resource, slot, derivation, person_id, visit_occurrence_id, condition_concept_id, condition_start_date,"
        " condition_end_date, condition_type_concept_id, condition_source_value"
    )
    assert found.row("condition_occurrence", columns) == (
        "main/AdverseEvent/a1", "0", None, "main/Patient/p1", "main/Encounter/e1", 316866, date(2024, 3, 4),
        date(2024, 3, 20), 32817, "10020772",
    )  # fmt: skip
    assert found.rows("observation", "slot") == []


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (concept(MEDDRA, "10054524"), CUSTOM + 100),
        (concept("http://snomed.info/sct", "271807003"), 140214),
        ({"text": "皮疹"}, 140214),
        ({"text": "Dermal toxicity"}, 140214),
        ({"text": "手足综合征"}, CUSTOM + 100),
        ({"text": "Hand-foot syndrome"}, CUSTOM + 100),
        ({"text": "乏力"}, 4223659),
        (concept(MEDDRA, "99999999"), 0),
    ],
)
def test_terms(mapped: Any, term: dict[str, Any], expected: int) -> None:
    assert mapped(event(event=term)).row("condition_occurrence", "condition_concept_id") == (expected,)


def test_attributes_are_linked_to_the_event(mapped: Any) -> None:
    found = mapped(
        event(
            extension=[{"url": f"{BACKPORT}/ae-grade", "valueCodeableConcept": concept(NCIT, "C41340")}],
            seriousness=concept("http://terminology.hl7.org/CodeSystem/adverse-event-seriousness", "serious"),
            severity=concept("http://terminology.hl7.org/CodeSystem/adverse-event-severity", "moderate"),
            outcome=concept("http://terminology.hl7.org/CodeSystem/adverse-event-outcome", "resolved"),
        )
    )
    assert found.rows("observation", ATTRIBUTE) == [
        ("grade", CUSTOM + 50, 3, 763791, "C41340"),
        ("outcome", CUSTOM + 53, None, CUSTOM + 68, "resolved"),
        ("seriousness", CUSTOM + 51, None, CUSTOM + 60, "serious"),
        ("severity", CUSTOM + 52, None, CUSTOM + 63, "moderate"),
    ]
    columns = "observation_event_id, obs_event_field_concept_id, observation_date, observation_source_value"
    assert found.rows("observation", columns, "slot = 'grade'") == [(EVENT, 1147127, date(2024, 3, 4), "ae-grade")]


@pytest.mark.parametrize(
    ("url", "code", "grade"),
    [
        (f"{BACKPORT}/ae-grade", concept(NCIT, "C41338"), 1),
        (f"{BACKPORT}/ae-grade", concept(NCIT, "C41337"), 4),
        (f"{BACKPORT}/severity-or-grade", concept(f"{BACKPORT}/x", "2"), 2),
        ("http://hl7.org/fhir/uv/ae-research-ig/StructureDefinition/ae-grade", concept(NCIT, "C48275"), 5),
        ("http://hl7.org/fhir/us/ctcae/StructureDefinition/ctcae-grade", concept("http://example.org/g", "2"), 2),
        (f"{BACKPORT}/ae-grade", {"text": "3级"}, 3),
        (f"{BACKPORT}/ae-grade", {"text": "Grade 4"}, 4),
        (f"{BACKPORT}/ae-grade", concept("http://snomed.info/sct", "446421000124109"), 2),
    ],
)
def test_spellings_of_the_grade(mapped: Any, url: str, code: dict[str, Any], grade: int) -> None:
    found = mapped(event(extension=[{"url": url, "valueCodeableConcept": code}]))
    assert found.row("observation", "observation_concept_id, value_as_number") == (CUSTOM + 50, grade)


def test_one_code_can_be_a_grade_here_and_an_outcome_there(mapped: Any) -> None:
    found = mapped(event(outcome=concept(NCIT, "C48275")))
    assert found.rows("observation", ATTRIBUTE) == [("outcome", CUSTOM + 53, None, CUSTOM + 65, "C48275")]


def test_suspects(mapped: Any) -> None:
    found = mapped(
        {"resourceType": "Medication", "id": "d1", "code": concept("http://www.whocc.no/atc", "L01FF02")},
        {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "status": "completed",
            "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": "2024-03-01",
            "medicationCodeableConcept": {"text": "安罗替尼"},
        },
        event(
            suspectEntity=[
                {
                    "instance": {"reference": "MedicationAdministration/m1"},
                    "causality": [{"assessment": concept(NCIT, "C53260")}],
                },
                {"instance": {"reference": "Medication/d1"}, "causality": [{"assessment": {"text": "可能相关"}}]},
                {"instance": {"reference": "Device/pump"}},
                {"instance": {"reference": "urn:uuid:0000", "display": "福可维"}},
            ]
        ),
    )
    assert found.rows("observation", ATTRIBUTE) == [
        ("causality0", CUSTOM + 54, None, CUSTOM + 71, "C53260"),
        ("causality1", CUSTOM + 54, None, CUSTOM + 73, "可能相关"),
        ("suspect0", CUSTOM + 55, None, CUSTOM + 1, "安罗替尼"),
        ("suspect1", CUSTOM + 55, None, 45775965, "L01FF02"),
        ("suspect2", CUSTOM + 55, None, None, "Device"),
        ("suspect3", CUSTOM + 55, None, CUSTOM + 1, "福可维"),
    ]


def test_suspects_of_the_backport_guide(mapped: Any) -> None:
    relatedness = {"url": "entityRelatedness", "valueCodeableConcept": {"coding": [{"display": "Possibly related"}]}}
    suspect = {
        "url": f"{BACKPORT}/suspect-entity",
        "extension": [
            {"url": "instance", "valueCodeableConcept": {"text": "信迪利单抗"}},
            {"url": "causality", "extension": [relatedness]},
        ],
    }
    found = mapped(event(extension=[suspect]))
    assert found.rows("observation", ATTRIBUTE) == [
        ("causality0", CUSTOM + 54, None, CUSTOM + 73, "Possibly related"),
        ("suspect0", CUSTOM + 55, None, 36854475, "信迪利单抗"),
    ]


def test_an_event_of_another_domain(mapped: Any) -> None:
    grade = {"url": f"{BACKPORT}/ae-grade", "valueCodeableConcept": concept(NCIT, "C41338")}
    found = mapped(
        event(event=concept(MEDDRA, "10047700"), id="a1", extension=[grade]),
    )
    assert found.rows("condition_occurrence", "condition_concept_id") == [(441408,)]
    found = mapped(event(event=concept("http://snomed.info/sct", "89362005"), id="a2", extension=[grade]))
    columns = "slot, observation_concept_id, observation_event_id, obs_event_field_concept_id"
    assert found.rows("observation", columns, "resource = 'main/AdverseEvent/a2'") == [
        ("0", 4229881, None, None),
        ("grade", CUSTOM + 50, "observation:main/AdverseEvent/a2#0", 0),
    ]


def test_dates(mapped: Any) -> None:
    found = mapped(
        event(id="a", date=None, detected="2024-03-05", recordedDate="2024-03-06"),
        event(id="b", date=None, recordedDate="2024-03-06"),
    )
    assert found.rows("condition_occurrence", "condition_start_date, derivation") == [
        (date(2024, 3, 5), "date: detected"),
        (date(2024, 3, 6), "date: recordedDate"),
    ]
