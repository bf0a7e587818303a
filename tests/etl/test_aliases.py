"""Merged patients, and references by identifier: rows follow the record that stands for another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl.site import Resource, Site, patient, weight

RECORD = "urn:oid:1.2.3"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def linked(name: str, kind: str, other: str, **more: Any) -> Resource:
    return patient(name, link=[{"other": {"reference": f"Patient/{other}"}, "type": kind}], **more)


def persons(site: Site) -> list[tuple[Any, ...]]:
    """(birth year of the person a weight belongs to, the weight, how that came about)."""
    return site.published(
        """
        SELECT p.year_of_birth, m.value_as_number, l.derivation
        FROM cdm.measurement AS m JOIN cdm.person AS p USING (person_id)
        JOIN registry.lineage AS l ON l.cdm_table = 'measurement' AND l.row_id = m.measurement_id ORDER BY ALL
        """
    )


def test_rows_follow_the_survivor_and_come_back_when_the_link_goes(site: Site) -> None:
    site.night(patient("p1"), patient("p2", birthDate="1980"), weight("o1", "p1"), weight("o2", "p2", 70.0))
    (key,) = site.published("SELECT measurement_id FROM cdm.measurement WHERE value_as_number = 60")
    assert site.night(linked("p1", "replaced-by", "p2")) == {"excluded": 1}
    assert persons(site) == [(1980, 60.0, "person: Patient.link"), (1980, 70.0, None)]
    assert site.published("SELECT year_of_birth FROM cdm.person") == [(1980,)]
    assert site.published("SELECT person_id FROM cdm.observation_period") == site.published(
        "SELECT person_id FROM cdm.person"
    )
    site.night(patient("p1"))
    assert persons(site) == [(1970, 60.0, None), (1980, 70.0, None)]
    assert site.published("SELECT measurement_id FROM cdm.measurement WHERE value_as_number = 60") == [key]


def test_the_survivor_may_say_so_and_may_come_later(site: Site) -> None:
    site.night(linked("p1", "replaced-by", "p2"), weight("o1", "p1"))
    assert persons(site) == [(1970, 60.0, None)]
    site.night(patient("p2", birthDate="1980"))
    assert persons(site) == [(1980, 60.0, "person: Patient.link")]
    site.night(linked("p3", "replaces", "p2", birthDate="1990"))
    assert persons(site) == [(1990, 60.0, "person: Patient.link")]


@pytest.mark.parametrize("kind", ["seealso", "refer"])
def test_other_links_merge_nothing(site: Site, kind: str) -> None:
    site.night(linked("p1", kind, "p2"), patient("p2", birthDate="1980"), weight("o1", "p1"))
    assert persons(site) == [(1970, 60.0, None)]


def test_a_link_that_may_mean_something_else_is_not_followed(site: Site) -> None:
    link = linked("p1", "replaced-by", "p2")
    link["link"][0]["modifierExtension"] = [{"url": "http://example.org/not"}]
    site.night(link, patient("p2", birthDate="1980"), weight("o1", "p1"), weight("o2", "p2", value=70.0))
    assert persons(site) == [(1980, 70.0, None)]


def test_records_that_replace_each_other_in_a_circle_stay_as_they_are(site: Site) -> None:
    circle = [linked("p1", "replaced-by", "p2"), linked("p2", "replaced-by", "p1", birthDate="1980")]
    assert site.night(*circle, weight("o1", "p1"), weight("o2", "p2", 70.0)) == {"mapped": 4}
    assert persons(site) == [(1970, 60.0, None), (1980, 70.0, None)]


def by_number(value: str) -> Resource:
    return {"type": "Patient", "identifier": {"system": RECORD, "value": value}}


def numbered(name: str, value: str, **more: Any) -> Resource:
    return patient(name, identifier=[{"system": RECORD, "value": value}], **more)


def test_a_reference_by_identifier_waits_for_the_one_who_carries_it(site: Site) -> None:
    assert site.night(weight("o1", subject=by_number("007"))) == {"waiting": 1}
    site.night(numbered("p1", "007"))
    assert persons(site) == [(1970, 60.0, None)]
    site.night(numbered("p1", "008"))
    assert persons(site) == []
    site.night(numbered("p2", "007", birthDate="1980"))
    assert persons(site) == [(1980, 60.0, None)]


def test_an_identifier_of_two_patients_stands_for_neither_until_they_are_merged(site: Site) -> None:
    both = (numbered("p1", "007"), numbered("p2", "007", birthDate="1980"))
    assert site.night(*both, weight("o1", subject=by_number("007"))) == {"mapped": 2, "waiting": 1}
    site.night(numbered("p1", "007", link=[{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]))
    assert persons(site) == [(1980, 60.0, None)]


def test_a_drug_by_identifier(site: Site) -> None:
    rxnorm = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1597876"}
    medication = {"resourceType": "Medication", "id": "m1", "identifier": [{"system": RECORD, "value": "drug"}]}
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2021-03-01",
        "medicationReference": {"identifier": {"system": RECORD, "value": "drug"}},
    }
    site.night(patient(), statement)
    assert site.published("SELECT drug_source_value FROM cdm.drug_exposure") == [(None,)]
    site.night({**medication, "code": {"coding": [rxnorm]}})
    assert site.published("SELECT drug_source_value FROM cdm.drug_exposure") == [("1597876",)]


def test_no_identifier_is_readable_in_the_workspace(site: Site) -> None:
    site.night(numbered("p1", "007-secret-number"), weight("o1", subject=by_number("007-secret-number")))
    assert b"007-secret-number" not in b"".join(
        str(row).encode()
        for table in ("state.alias", "state.identifier", "state.reference")
        for row in site.workspace(f"FROM {table}")
    )


def test_a_link_may_name_the_other_by_identifier(site: Site) -> None:
    other = {"type": "Patient", "identifier": {"system": RECORD, "value": "007"}}
    site.night(patient("p1", link=[{"other": other, "type": "replaced-by"}]), weight("o1", "p1"))
    assert persons(site) == [(1970, 60.0, None)]
    site.night(numbered("p2", "007", birthDate="1980"))
    assert persons(site) == [(1980, 60.0, "person: Patient.link")]


def test_a_conditional_reference_is_one_by_identifier(site: Site) -> None:
    conditional = {"reference": "Patient?identifier=urn%3Aoid%3A1.2.3|007"}
    assert site.night(numbered("p1", "007"), weight("o1", subject=conditional)) == {"mapped": 2}


def bundle(*entries: tuple[str, Resource]) -> Resource:
    listed = [{"fullUrl": url, "resource": resource} for url, resource in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": listed}


def test_an_identifier_that_looks_like_an_address_in_the_bundle_stays_an_identifier(site: Site) -> None:
    one = {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}
    by_identifier = {"type": "Patient", "identifier": one}
    site.night(bundle(("urn:uuid:1", patient("p1", identifier=[one]))), weight("o1", subject=by_identifier))
    assert persons(site) == [(1970, 60.0, None)]


def test_an_address_that_two_resources_carry_stands_for_neither(site: Site) -> None:
    twice = [("urn:uuid:1", patient("p1")), ("urn:uuid:1", patient("p2", birthDate="1980"))]
    fates = site.night(bundle(*twice, ("urn:uuid:2", weight("o1", subject={"reference": "urn:uuid:1"}))))
    assert fates == {"mapped": 2, "waiting": 1}


def deaths(site: Site) -> list[tuple[Any, ...]]:
    """(birth year of the person, day of death, how that came about)."""
    return site.published(
        """
        SELECT p.year_of_birth, d.death_date::VARCHAR, l.derivation
        FROM registry.death_row AS d JOIN cdm.person AS p USING (person_id)
        JOIN registry.lineage AS l ON l.cdm_table = 'death' AND l.row_id = d.row_id ORDER BY ALL
        """
    )


def test_the_death_of_a_replaced_record_is_the_survivors(site: Site) -> None:
    survivor = {"birthDate": "1980"}
    site.night(linked("p1", "replaced-by", "p2", deceasedDateTime="2024-03-02"), patient("p2", **survivor))
    merged = "person: Patient.link"
    assert deaths(site) == [(1980, "2024-03-02", merged)]
    # The earliest of several; the link of a record may come first, its date later.
    site.night(linked("p3", "replaced-by", "p2", birthDate="1990", deceasedDateTime="2024-02"))
    assert deaths(site) == [(1980, "2024-02-01", f"precision: month; {merged}")]
    site.night(patient("p2", **survivor, deceasedDateTime="2024-03-05"))
    assert deaths(site) == [(1980, "2024-03-05", None)]
    site.night(patient("p2", **survivor, deceasedBoolean=True))
    assert deaths(site) == [(1980, "2024-02-01", f"precision: month; {merged}")]
    assert site.published("FROM registry.undated_death") == []
    site.night(patient("p3", birthDate="1990", deceasedDateTime="2024-02"))
    assert deaths(site) == [(1980, "2024-03-02", merged), (1990, "2024-02-01", "precision: month")]
    site.night(linked("p1", "replaced-by", "p2"))
    assert deaths(site) == [(1990, "2024-02-01", "precision: month")]
    assert len(site.published("FROM registry.undated_death")) == 1


@pytest.mark.parametrize(
    ("element", "late"),
    [
        ({"managingOrganization": {"reference": "Organization/g"}}, {"resourceType": "Organization", "id": "g"}),
        ({"generalPractitioner": [{"reference": "Practitioner/d"}]}, {"resourceType": "Practitioner", "id": "d"}),
    ],
)
def test_what_a_replaced_record_refers_to_comes_late_and_the_death_stays_one(
    site: Site, element: dict[str, Any], late: Resource
) -> None:
    site.night(
        linked("p1", "replaced-by", "p2", deceasedDateTime="2024-06-01", **element),
        patient("p2", birthDate="1980", deceasedDateTime="2024-05-01"),
    )
    assert deaths(site) == [(1980, "2024-05-01", None)]
    site.night(late)
    assert deaths(site) == [(1980, "2024-05-01", None)]
    assert site.published("SELECT count(*) FROM cdm.death") == [(1,)]
