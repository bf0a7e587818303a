"""Patient -> person, location, death; Encounter -> visit_occurrence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

OMB = "urn:oid:2.16.840.1.113883.6.238"


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1961-04-12", **elements}


def encounter(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2024-01-10T09:00:00+08:00", "end": "2024-01-10T11:00:00+08:00"},
        **elements,
    }


def race(kind: str, code: str) -> dict[str, Any]:
    return {
        "url": f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{kind}",
        "extension": [{"url": "ombCategory", "valueCoding": {"system": OMB, "code": code}}],
    }


def test_person(mapped: Any) -> None:
    row = mapped(patient()).row(
        "person", "resource, slot, derivation, gender_concept_id, year_of_birth, month_of_birth, day_of_birth"
    )
    assert row == ("main/Patient/p1", "", None, 8532, 1961, 4, 12)


def test_020_021_no_identifier_is_kept(mapped: Any) -> None:
    found = mapped(patient(name=[{"family": "Zhang"}], identifier=[{"value": "110101196104120000"}]))
    assert found.row("person", "person_source_value, gender_source_value") == (None, "female")


def test_a_birth_date_is_as_precise_as_given(mapped: Any) -> None:
    columns = "year_of_birth, month_of_birth, day_of_birth, birth_datetime, derivation"
    assert mapped(patient(birthDate="1961-04")).row("person", columns) == (1961, 4, None, None, "precision: month")


def test_gender_other_is_not_mapped(mapped: Any) -> None:
    row = mapped(patient(gender="other")).row("person", "gender_concept_id, gender_source_value")
    assert row == (0, "other")


def test_race_and_ethnicity_are_us_core_extensions(mapped: Any) -> None:
    found = mapped(patient(extension=[race("race", "2028-9"), race("ethnicity", "2186-5")]))
    columns = "race_concept_id, race_source_value, ethnicity_concept_id, ethnicity_source_value"
    assert found.row("person", columns) == (8515, "2028-9", 38003564, "2186-5")
    assert mapped(patient(id="p2")).rows("person", columns, "resource = 'main/Patient/p2'") == [(0, None, 0, None)]


def test_of_the_address_only_state_and_country_are_kept(mapped: Any) -> None:
    old = {"use": "old", "state": "湖南省", "country": "CN"}
    home = {"use": "home", "line": ["1 Long Road"], "city": "广州", "state": "广东省", "country": "CN"}
    found = mapped(patient(address=[old, home]))
    columns = "resource, slot, address_1, city, zip, state, location_source_value, country_concept_id"
    assert found.row("location", columns) == (
        "main/Patient/p1", "address", None, None, None, None, "广东省, CN", 0,
    )  # fmt: skip
    assert found.row("person", "location_id") == ("main/Patient/p1#address",)


def test_a_person_without_region_has_no_location(mapped: Any) -> None:
    found = mapped(patient(address=[{"city": "Guangzhou"}]))
    assert found.rows("location", "resource") == []
    assert found.row("person", "location_id") == (None,)


def test_death_keeps_its_precision(mapped: Any) -> None:
    found = mapped(
        patient(deceasedDateTime="2023-05-02T23:00:00Z"),
        patient(id="p2", deceasedDateTime="2023-05"),
        patient(id="p3", deceasedBoolean=True),
    )
    assert found.rows("death", "person_id, death_date, death_type_concept_id, derivation") == [
        ("main/Patient/p1", date(2023, 5, 3), 32817, None),
        ("main/Patient/p2", date(2023, 5, 1), 32817, "precision: month"),
    ]


def test_visit(mapped: Any) -> None:
    columns = (
        "resource, slot, derivation, person_id, visit_concept_id, visit_start_datetime, visit_end_date,"
        " visit_type_concept_id, visit_source_value"
    )
    assert mapped(encounter()).row("visit_occurrence", columns) == (
        "main/Encounter/e1", "", None, "main/Patient/p1", 9202, datetime(2024, 1, 10, 9), date(2024, 1, 10), 32827,
        "AMB",
    )  # fmt: skip


def test_visit_classes(mapped: Any) -> None:
    classes = ("ACUTE", "AMB", "EMER", "HH", "IMP", "NONAC", "VR")
    found = mapped(*(encounter(id=code, **{"class": {"code": code}}) for code in classes))
    assert found.rows("visit_occurrence", "visit_source_value, visit_concept_id") == [
        ("ACUTE", 9201), ("AMB", 9202), ("EMER", 9203), ("HH", 581476), ("IMP", 9201), ("NONAC", 9201), ("VR", 0),
    ]  # fmt: skip


def test_a_visit_without_end(mapped: Any) -> None:
    ward = {"code": "IMP"}
    start = {"start": "2024-06-01"}
    found = mapped(
        encounter(id="a", status="in-progress", period=start, **{"class": ward}),
        encounter(id="b", status="finished", period=start, **{"class": ward}),
        encounter(id="c", status="in-progress", period=start),
        encounter(id="d", status="onleave", period={"start": "2024-07-05"}, **{"class": ward}),
    )
    assert found.rows("visit_occurrence", "visit_end_date, derivation") == [
        (date(2024, 6, 30), "end: extract date"),
        (date(2024, 6, 1), "end: start"),
        (date(2024, 6, 1), "end: start"),
        (date(2024, 7, 5), "end: extract date"),
    ]


def test_an_end_some_hours_before_the_start_is_the_start_and_says_so(mapped: Any) -> None:
    found = mapped(
        encounter(id="a", period={"start": "2024-06-01T20:00:00+08:00", "end": "2024-06-01T10:00:00Z"}),
        encounter(id="b", period={"start": "2024-06-01T20:00:00+08:00", "end": "2024-06-01T13:00:00Z"}),
        encounter(id="c", period={"start": "2024-06-01T20:00:00+08:00", "end": "2024-06-01"}),
    )
    assert found.rows("visit_occurrence", "visit_end_datetime, derivation") == [
        (datetime(2024, 6, 1, 20), "end: start"),
        (datetime(2024, 6, 1, 21), None),
        (datetime(2024, 6, 1, 20), None),
    ]


def test_admission_and_discharge(mapped: Any) -> None:
    found = mapped(
        encounter(
            hospitalization={
                "admitSource": {"coding": [{"system": "http://example.org/from", "code": "emd"}]},
                "dischargeDisposition": {"text": "went home with Mr Li"},
            }
        )
    )
    row = found.row(
        "visit_occurrence",
        "admitted_from_concept_id, admitted_from_source_value, discharged_to_concept_id, discharged_to_source_value",
    )
    assert row[:3] == (0, "emd", 0)
    assert row[3].startswith("text:")
