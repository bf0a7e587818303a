"""Organization and Location -> care_site; Practitioner and PractitionerRole -> provider; who refers to them."""

from __future__ import annotations

from typing import Any

ROLE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ORGANIZATION_TYPE = "http://terminology.hl7.org/CodeSystem/organization-type"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PATIENT = {"reference": "Patient/p1"}
DAY = "2024-01-10"


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def resource(resource_type: str, logical_id: str, /, **elements: Any) -> dict[str, Any]:
    return {"resourceType": resource_type, "id": logical_id, **elements}


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


def test_care_sites_have_a_kind_and_no_name(mapped: Any) -> None:
    found = mapped(
        resource("Organization", "o1", name="Third Hospital", type=[concept(ORGANIZATION_TYPE, "dept")]),
        resource("Organization", "o2", type=[{"text": "the ward of Dr Wang"}]),
        resource("Organization", "o3", name="No type"),
        resource("Location", "l1", status="active", name="Emergency", type=[concept(ROLE, "ER")]),
        resource("Location", "l2", mode="instance", type=[concept(ROLE, "PTRES"), concept(ROLE, "ER")]),
    )
    columns = (
        "resource, care_site_name, place_of_service_concept_id, location_id, care_site_source_value,"
        " left(place_of_service_source_value, 5)"
    )
    assert found.rows("care_site", columns) == [
        ("main/Location/l1", None, 9203, None, None, "ER"),
        ("main/Location/l2", None, 581476, None, None, "PTRES"),
        ("main/Organization/o1", None, 0, None, None, "dept"),
        ("main/Organization/o2", None, 0, None, None, "text:"),
        ("main/Organization/o3", None, 0, None, None, None),
    ]


def test_what_is_no_place_of_care(mapped: Any) -> None:
    found = mapped(
        resource("Organization", "payer", type=[concept(ORGANIZATION_TYPE, "pay")]),
        resource("Organization", "both", type=[concept(ORGANIZATION_TYPE, "ins"), concept(ORGANIZATION_TYPE, "prov")]),
        resource("Location", "kind", mode="kind"),
    )
    assert found.reasons == {
        "main/Organization/payer": "not-a-care-site",
        "main/Location/kind": "not-a-care-site",
    }


def test_providers_have_a_specialty_and_no_name(mapped: Any) -> None:
    found = mapped(
        resource("Practitioner", "d1", name=[{"family": "Wang"}], gender="female", birthDate="1970-01-01"),
        resource(
            "PractitionerRole",
            "r1",
            practitioner=to("Practitioner/d1"),
            organization=to("Organization/o1"),
            location=[to("Location/l1")],
            specialty=[concept("http://snomed.info/sct", "394593009")],
        ),
        resource("PractitionerRole", "r2", location=[to("Location/l1")]),
    )
    columns = (
        "resource, provider_name, npi, dea, specialty_concept_id, care_site_id, year_of_birth, gender_concept_id,"
        " provider_source_value, specialty_source_value"
    )
    nobody = (None, None, None)
    assert found.rows("provider", columns) == [
        ("main/Practitioner/d1", *nobody, None, None, *nobody, None),
        ("main/PractitionerRole/r1", *nobody, 0, "main/Organization/o1", *nobody, "394593009"),
        ("main/PractitionerRole/r2", *nobody, None, "main/Location/l1", *nobody, None),
    ]


def test_a_person_has_a_care_site_and_a_provider(mapped: Any) -> None:
    found = mapped(
        resource(
            "Patient",
            "p1",
            birthDate="1970",
            managingOrganization=to("Organization/o1"),
            generalPractitioner=[to("Organization/o2"), to("https://h.example/fhir/PractitionerRole/r1")],
        )
    )
    assert found.row("person", "care_site_id, provider_id") == ("main/Organization/o1", "main/PractitionerRole/r1")


def test_a_visit_has_a_care_site_and_its_attending_provider(mapped: Any) -> None:
    visit = {"status": "finished", "class": {"code": "AMB"}, "subject": PATIENT, "period": {"start": DAY}}
    family, first, second = to("RelatedPerson/f1"), to("Practitioner/d1"), {"reference": "urn:uuid:d2"}
    found = mapped(
        resource(
            "Encounter",
            "a",
            **visit,
            serviceProvider=to("Organization/o1"),
            location=[{"location": to("Location/l1")}],
            participant=[{"individual": first}, {"type": [concept(PARTICIPATION, "ATND")], "individual": second}],
        ),
        resource(
            "Encounter",
            "b",
            **visit,
            location=[{"location": to("Location/l1")}, {"location": to("Location/l2")}],
            participant=[{"individual": family}, {"individual": first}],
        ),
        resource("Encounter", "c", **visit, participant=[{"individual": family}]),
    )
    assert found.rows("visit_occurrence", "care_site_id, provider_id") == [
        ("main/Organization/o1", "main/Practitioner/d2"),
        ("main/Location/l1", "main/Practitioner/d1"),
        (None, None),
    ]


def test_who_diagnosed_performed_ordered_or_recorded(mapped: Any) -> None:
    doctor, patient = to("Practitioner/d1"), PATIENT
    about: dict[str, Any] = {"subject": PATIENT}
    done = {"status": "completed", **about}
    found = mapped(
        resource("Condition", "a", **about, onsetDateTime=DAY, asserter=doctor, recorder=to("Practitioner/d2")),
        resource("Condition", "b", **about, onsetDateTime=DAY, asserter=patient, recorder=doctor),
        resource("Condition", "c", **about, onsetDateTime=DAY, stage=[{"summary": {"text": "IV"}}], recorder=doctor),
        resource("Procedure", "a", **done, performedDateTime=DAY, performer=[{"actor": patient}, {"actor": doctor}]),
        resource("MedicationAdministration", "a", **done, effectiveDateTime=DAY, performer=[{"actor": doctor}]),
        resource("MedicationDispense", "a", **done, whenHandedOver=DAY, performer=[{"actor": doctor}]),
        resource("MedicationRequest", "a", **done, intent="order", authoredOn=DAY, requester=doctor),
        resource("MedicationStatement", "a", **done, effectiveDateTime=DAY, informationSource=doctor),
        resource("MedicationStatement", "b", **done, effectiveDateTime=DAY, informationSource=patient),
    )
    key = "main/Practitioner/d1"
    assert found.rows("condition_occurrence", "provider_id") == [(key,), (key,), (key,)]
    assert found.rows("measurement", "provider_id") == [(key,)]
    assert found.rows("procedure_occurrence", "provider_id") == [(key,)]
    assert found.rows("drug_exposure", "resource, provider_id") == [
        ("main/MedicationAdministration/a", key),
        ("main/MedicationDispense/a", key),
        ("main/MedicationRequest/a", key),
        ("main/MedicationStatement/a", key),
        ("main/MedicationStatement/b", None),
    ]
