"""AdverseEvent -> its suspects, their causality, and the link to the exposures."""

from __future__ import annotations

from typing import Any

import pytest

from support.adverse_events import BACKPORT, CUSTOM, NCIT, RESEARCH, administration, concept, event, suspect

VALUE = "slot, observation_concept_id, value_as_concept_id, value_as_string"
NAMED = "value_as_concept_id, value_as_string"
PEMBROLIZUMAB = 45775965
ANLOTINIB = CUSTOM + 1


def medication(**elements: Any) -> dict[str, Any]:
    atc = concept("http://www.whocc.no/atc", "L01FF02")
    return {"resourceType": "Medication", "id": "d1", "code": atc, **elements}


def request(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2024-03-01",
        "medicationReference": {"reference": "Medication/d1"},
        **elements,
    }


def entity(instance: dict[str, Any], *causality: dict[str, Any]) -> dict[str, Any]:
    return {"instance": instance, "causality": list(causality)}


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        ({"reference": "MedicationAdministration/m1"}, (ANLOTINIB, "安罗替尼")),
        ({"reference": "http://example.org/fhir/MedicationAdministration/m1"}, (ANLOTINIB, "安罗替尼")),
        ({"reference": "urn:uuid:m1", "type": "MedicationAdministration"}, (ANLOTINIB, "安罗替尼")),
        ({"reference": "urn:uuid:m1"}, (ANLOTINIB, "安罗替尼")),
        ({"reference": "urn:uuid:d1"}, (PEMBROLIZUMAB, "L01FF02")),
        ({"reference": "MedicationRequest/r1"}, (PEMBROLIZUMAB, "L01FF02")),
        ({"reference": "Medication/d1"}, (PEMBROLIZUMAB, "L01FF02")),
        ({"reference": "#med"}, (PEMBROLIZUMAB, "L01FF02")),
        ({"reference": "#given"}, (ANLOTINIB, "安罗替尼")),
        ({"reference": "#given-by-reference"}, (PEMBROLIZUMAB, "L01FF02")),
        ({"reference": "#pump"}, (None, "Device")),
        ({"display": "福可维"}, (ANLOTINIB, "福可维")),
        ({"reference": "urn:uuid:0000", "display": "福可维"}, (ANLOTINIB, "福可维")),
        ({"reference": "Substance/s1", "display": "福可维"}, (ANLOTINIB, "福可维")),
        ({"reference": "MedicationStatement/unknown"}, (None, "MedicationStatement")),
        ({"reference": "Immunization/i1"}, (None, "Immunization")),
        ({"reference": "Device/pump", "display": "pump of Mr Example"}, (None, "Device")),
        ({"type": "Device", "display": "pump of Mr Example"}, (None, "Device")),
        ({"reference": "Procedure/p1"}, (None, "Procedure")),
        ({"reference": "ResearchStudy/s1"}, (None, "ResearchStudy")),
        # What is no name of a type in FHIR may be a text, and a text may name a person.
        ({"type": "Zhang San 13800000000"}, (None, None)),
        ({"reference": "urn:uuid:0000", "type": "Zhang San 13800000000"}, (None, None)),
        ({"reference": "ZhangSan/1"}, (None, None)),
        ({"reference": "#named"}, (None, None)),
    ],
)
def test_forms(mapped: Any, instance: dict[str, Any], expected: tuple[int | None, str | None]) -> None:
    contained = [
        medication(id="med"),
        administration(id="given"),
        administration(
            id="given-by-reference", medicationCodeableConcept=None, medicationReference={"reference": "#med"}
        ),
        {"resourceType": "Device", "id": "pump"},
        {"resourceType": "Zhang San 13800000000", "id": "named"},
    ]
    found = mapped(
        medication(), request(), administration(), event(contained=contained, suspectEntity=[entity(instance)])
    )
    assert found.rows("observation", f"slot, observation_concept_id, {NAMED}") == [("suspect0", CUSTOM + 55, *expected)]


@pytest.mark.parametrize("guide", [BACKPORT, RESEARCH])
def test_the_extension_of_the_research_guides(mapped: Any, guide: str) -> None:
    related = {"coding": [{"display": "Possibly related"}]}
    method = concept("http://terminology.hl7.org/CodeSystem/adverse-event-causality-method", "bayesian")
    found = mapped(
        administration(),
        event(
            extension=[
                suspect({"valueCodeableConcept": {"text": "信迪利单抗"}}, guide, entityRelatedness=related),
                suspect(
                    {"valueReference": {"reference": "MedicationAdministration/m1"}}, guide, assessmentMethod=method
                ),
                suspect({"valueReference": {"reference": "ResearchStudy/s1"}}, guide),
            ]
        ),
    )
    assert found.rows("observation", VALUE) == [
        ("causality-method1", CUSTOM + 57, CUSTOM + 78, "bayesian"),
        ("causality0", CUSTOM + 54, CUSTOM + 73, "Possibly related"),
        ("suspect0", CUSTOM + 55, 36854475, "信迪利单抗"),
        ("suspect1", CUSTOM + 55, ANLOTINIB, "安罗替尼"),
        ("suspect2", CUSTOM + 55, None, "ResearchStudy"),
    ]


@pytest.mark.parametrize(
    ("causality", "expected"),
    [
        ({"assessment": concept(NCIT, "C53260")}, 71),
        ({"assessment": concept(NCIT, "C53259")}, 72),
        ({"assessment": concept("urn:oid:2.16.840.1.113883.3.989.2.1.1.19", "possibly")}, 73),
        ({"assessment": concept("http://example.org", "Probably-Likely")}, 72),
        ({"assessment": {"text": "可能相关"}}, 73),
        ({"assessment": {"coding": [{"display": "Possibly related"}]}}, 73),
        ({"productRelatedness": "Possibly related"}, 73),
    ],
)
def test_causality(mapped: Any, causality: dict[str, Any], expected: int) -> None:
    found = mapped(event(suspectEntity=[entity({"reference": "Device/d"}, causality)]))
    assert found.rows("observation", "value_as_concept_id", "slot = 'causality0'") == [(CUSTOM + expected,)]


def test_several_judgements_of_one_suspect(mapped: Any) -> None:
    judged = [
        {"assessment": concept(NCIT, "C53256"), "method": concept("http://example.org", "Checklist")},
        {"assessment": concept(NCIT, "C53258")},
    ]
    found = mapped(event(suspectEntity=[entity({"reference": "Device/d"}, *judged)]))
    assert found.rows("observation", "slot, value_as_concept_id", "slot <> 'suspect0'") == [
        ("causality-method0", CUSTOM + 79),
        ("causality0", CUSTOM + 75),
        ("causality0-2", CUSTOM + 73),
    ]


def test_an_assessment_and_a_relatedness_are_two_judgements(mapped: Any) -> None:
    both = {"assessment": concept(NCIT, "C53256"), "productRelatedness": "Possibly related"}
    method = {"assessment": concept(NCIT, "C53258"), "method": concept("http://example.org", "Checklist")}
    found = mapped(event(suspectEntity=[entity({"reference": "Device/d"}, both, method)]))
    assert found.rows("observation", "slot, value_as_concept_id", "slot <> 'suspect0'") == [
        ("causality-method0-2", CUSTOM + 79),
        ("causality0", CUSTOM + 75),
        ("causality0-2", CUSTOM + 73),
        ("causality0-3", CUSTOM + 73),
    ]


def test_a_causality_names_the_drug_that_it_is_judged_of(mapped: Any) -> None:
    judged = {"assessment": {"text": "likely"}}
    found = mapped(
        administration(),
        event(
            suspectEntity=[
                entity({"reference": "MedicationAdministration/m1"}, judged),
                entity({"display": "something of Mr Example"}, judged),
                entity({"reference": "Device/d"}, judged),
            ]
        ),
    )
    columns = "slot, qualifier_concept_id, left(qualifier_source_value, 5)"
    assert found.rows("observation", columns, "slot LIKE 'causality%'") == [
        ("causality0", ANLOTINIB, "安罗替尼"),
        ("causality1", 0, "text:"),
        ("causality2", None, None),
    ]


def test_a_free_text_on_causality_leaves_a_hash(mapped: Any) -> None:
    told = {"productRelatedness": "as Mr Example says"}
    found = mapped(event(suspectEntity=[entity({"reference": "Device/d"}, told)]))
    ((concept_id, text),) = found.rows("observation", NAMED, "slot = 'causality0'")
    assert concept_id == 0
    assert text.startswith("text:")


def test_suspect_exposures_are_linked(mapped: Any) -> None:
    found = mapped(
        medication(),
        administration(),
        administration(id="other", person="p2"),
        event(
            suspectEntity=[
                entity({"reference": "MedicationAdministration/m1"}),
                entity({"reference": "MedicationAdministration/other"}),
                entity({"reference": "Medication/d1"}),
                entity({"reference": "urn:uuid:m1"}),
            ]
        ),
    )
    term, given = "condition_occurrence:main/AdverseEvent/a1#0", "drug_exposure:main/MedicationAdministration/m1"
    # An exposure of another patient is not linked, a Medication is no exposure.
    assert found.rows("fact_relationship", "* EXCLUDE (derivation)") == [
        ("main/AdverseEvent/a1", "suspect0", 0, term, 0, given, 0),
        ("main/AdverseEvent/a1", "suspect3", 0, term, 0, given, 0),
    ]


def test_a_loaded_vocabulary_names_the_domains_of_a_link(mapped: Any, con: Any) -> None:
    con.execute(
        "CREATE OR REPLACE TEMP VIEW vocabulary_domain AS"
        " SELECT unnest(['Condition', 'Drug']) AS domain_id, unnest([9001, 9002]) AS domain_concept_id"
    )
    found = mapped(administration(), event(suspectEntity=[entity({"reference": "MedicationAdministration/m1"})]))
    columns = "domain_concept_id_1, domain_concept_id_2, relationship_concept_id"
    assert found.rows("fact_relationship", columns) == [(9001, 9002, 0)]


def test_each_target_of_a_term_is_linked(mapped: Any, con: Any) -> None:
    con.execute(
        "INSERT INTO mapping.starter BY NAME SELECT 'SNOMED' AS vocabulary_id, '94391008' AS concept_code,"
        " 36770283 AS concept_id, 'Measurement' AS domain_id, 999999999 AS target_no"
    )
    found = mapped(
        administration(),
        event(
            event=concept("http://snomed.info/sct", "94391008"),
            suspectEntity=[entity({"reference": "MedicationAdministration/m1"})],
        ),
    )
    assert found.rows("fact_relationship", "slot, fact_id_1") == [
        ("suspect0", "condition_occurrence:main/AdverseEvent/a1#0"),
        ("suspect0.0.target2", "measurement:main/AdverseEvent/a1#0.target2"),
    ]


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"status": "entered-in-error"}, None),
        ({"status": "unheard-of"}, None),
        ({"meta": {"security": [{"code": "V"}]}}, None),
        ({"implicitRules": "http://example.org/rules"}, None),
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, None),
        ({"status": "not-done"}, ANLOTINIB),
        ({"effectiveDateTime": None}, ANLOTINIB),
    ],
)
def test_a_record_taken_back_or_withheld_names_no_drug(
    mapped: Any, elements: dict[str, Any], expected: int | None
) -> None:
    elsewhere = entity({"reference": "MedicationAdministration/m1"})
    found = mapped(administration(**elements), event(suspectEntity=[elsewhere]))
    text = "安罗替尼" if expected else "MedicationAdministration"
    assert found.rows("observation", NAMED) == [(expected, text)]


MODIFIED = {"modifierExtension": [{"url": "http://example.org/not"}]}
MODIFIED_WITHIN = {"code": None, "ingredient": [{"itemCodeableConcept": {"text": "安罗替尼"}, **MODIFIED}]}


@pytest.mark.parametrize(
    ("of_record", "of_medication"),
    [
        ({"status": "entered-in-error"}, {"status": "entered-in-error"}),
        ({"meta": {"security": [{"code": "V"}]}}, {"meta": {"security": [{"code": "V"}]}}),
        (MODIFIED, MODIFIED),
        ({"dosage": MODIFIED}, MODIFIED_WITHIN),
    ],
)
def test_a_contained_resource_taken_back_names_no_drug(
    mapped: Any, of_record: dict[str, Any], of_medication: dict[str, Any]
) -> None:
    statement = administration(
        id="by-reference", medicationCodeableConcept=None, medicationReference={"reference": "#med"}
    )
    found = mapped(
        request(medicationReference={"reference": "#med"}, contained=[medication(id="med", **of_medication)]),
        event(
            contained=[administration(id="given", **of_record), medication(id="med", **of_medication), statement],
            suspectEntity=[entity({"reference": f"#{name}"}) for name in ("given", "med", "by-reference")],
        ),
    )
    assert found.rows("observation", f"slot, {NAMED}") == [
        ("suspect0", None, None),
        ("suspect1", None, None),
        ("suspect2", None, "MedicationAdministration"),
    ]
    assert found.rows("drug_exposure", "drug_concept_id, drug_source_value") == [(0, None)]


@pytest.mark.parametrize("said", [{"type": "MedicationAdministration"}, {}])
def test_a_suspect_by_identifier(mapped: Any, con: Any, said: dict[str, str]) -> None:
    number = {"system": "urn:oid:1.2.3", "value": "77"}
    con.execute(
        "INSERT INTO state.alias"
        " SELECT identifier_key('main', 'MedicationAdministration', $number), 'main/MedicationAdministration/m1'",
        {"number": number},
    )
    found = mapped(administration(), event(suspectEntity=[entity({"identifier": number, **said})]))
    assert found.rows("observation", NAMED) == [(ANLOTINIB, "安罗替尼")]
    assert found.rows("fact_relationship", "fact_id_2") == [("drug_exposure:main/MedicationAdministration/m1",)]
