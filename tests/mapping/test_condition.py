"""Condition -> condition_occurrence, observation, measurement; Procedure -> procedure_occurrence."""

from __future__ import annotations

from datetime import date
from typing import Any

SNOMED = "http://snomed.info/sct"
ICDO3 = "http://terminology.hl7.org/CodeSystem/icd-o-3"
HISTOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"


def concept(system: str, code: str, text: str | None = None) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def verification(code: str) -> dict[str, Any]:
    return concept("http://terminology.hl7.org/CodeSystem/condition-ver-status", code)


def condition(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": "c1",
        "code": concept(SNOMED, "38341003"),
        "subject": {"reference": "Patient/p1"},
        "onsetDateTime": "2023-03-01",
        **elements,
    }


def sarcoma(morphology: str, topography: str | None, **elements: Any) -> dict[str, Any]:
    return condition(
        code=concept(SNOMED, "424413001"),
        extension=[{"url": HISTOLOGY, "valueCodeableConcept": concept(ICDO3, morphology)}],
        **({"bodySite": [concept(ICDO3, topography)]} if topography else {}),
        **elements,
    )


def test_031_033_a_condition_keeps_concept_source_concept_and_code(mapped: Any) -> None:
    found = mapped(
        condition(
            verificationStatus=verification("confirmed"),
            encounter={"reference": "Encounter/e1"},
            abatementDateTime="2023-04-02",
        )
    )
    columns = (
        "resource, slot, derivation, person_id, visit_occurrence_id, condition_concept_id, condition_start_date,"
        " condition_end_date, condition_type_concept_id, condition_status_concept_id, condition_source_value,"
        " condition_source_concept_id, condition_status_source_value"
    )
    assert found.row("condition_occurrence", columns) == (
        "main/Condition/c1", "", None, "main/Patient/p1", "main/Encounter/e1", 316866, date(2023, 3, 1),
        date(2023, 4, 2), 32817, 32893, "38341003", 316866, "confirmed",
    )  # fmt: skip


def test_050_053_a_problem_list_entry_has_its_type(mapped: Any) -> None:
    category = [concept("http://terminology.hl7.org/CodeSystem/condition-category", "problem-list-item")]
    row = mapped(condition(category=category)).row("condition_occurrence", "condition_type_concept_id")
    assert row == (32840,)


def test_032_an_unmapped_condition_keeps_its_row(mapped: Any) -> None:
    row = mapped(condition(code=concept("http://example.org/dx", "D-77"))).row(
        "condition_occurrence", "condition_concept_id, condition_source_value, condition_source_concept_id"
    )
    assert row == (0, "D-77", 0)


def test_071_onset_or_the_date_it_was_recorded(mapped: Any) -> None:
    found = mapped(
        condition(id="a", onsetDateTime=None, onsetPeriod={"start": "2023-02"}),
        condition(id="b", onsetDateTime=None, recordedDate="2023-05-05"),
        condition(id="c", onsetDateTime=None, recordedDate="2023-05-05", abatementDateTime="2022-12-24"),
        # In the year, and in the month, in which it was recorded: not before it.
        condition(id="d", onsetDateTime=None, recordedDate="2023-05-05", abatementDateTime="2023"),
        condition(id="e", onsetDateTime=None, recordedDate="2023-05-05", abatementDateTime="2023-05"),
    )
    assert found.rows("condition_occurrence", "condition_start_date, condition_end_date, derivation") == [
        (date(2023, 2, 1), None, "precision: month"),
        (date(2023, 5, 5), None, "date: recordedDate"),
        (date(2022, 12, 24), date(2022, 12, 24), "date: abatement"),
        (date(2023, 5, 5), date(2023, 5, 5), "date: recordedDate; end: precision year"),
        (date(2023, 5, 5), date(2023, 5, 5), "date: recordedDate; end: precision month"),
    ]


def test_onset_and_abatement_that_are_no_dates_are_not_read(mapped: Any) -> None:
    asserted = {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2023-04-04"}
    found = mapped(
        condition(id="a", onsetDateTime=None, onsetAge={"value": 52, "code": "a"}, recordedDate="2023-05-05"),
        condition(id="b", onsetDateTime=None, onsetString="last summer", extension=[asserted]),
        condition(id="c", onsetDateTime=None, onsetRange={"low": {"value": 50}}),
        condition(id="d", abatementString="gone", abatementAge={"value": 53}),
        condition(id="e", onsetDateTime=None, recordedDate="2023-05-05", extension=[asserted]),
    )
    assert found.reasons == {"main/Condition/c": "missing-start-date"}
    columns = "resource, condition_start_date, condition_end_date, derivation"
    assert found.rows("condition_occurrence", columns) == [
        ("main/Condition/a", date(2023, 5, 5), None, "date: recordedDate"),
        ("main/Condition/b", date(2023, 4, 4), None, "date: assertedDate"),
        ("main/Condition/d", date(2023, 3, 1), None, None),
        ("main/Condition/e", date(2023, 5, 5), None, "date: recordedDate"),
    ]


def test_a_status_may_be_coded_in_the_sites_own_words_beside_those_of_hl7(mapped: Any) -> None:
    def beside(kind: str, code: str) -> dict[str, Any]:
        of_site = {"system": "urn:oid:1.2.3", "code": "1"}
        return {"coding": [of_site, {"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}]}

    found = mapped(
        condition(id="a", verificationStatus=beside("condition-ver-status", "confirmed")),
        condition(id="b", verificationStatus=beside("condition-ver-status", "refuted")),
        condition(id="c", clinicalStatus=beside("condition-clinical", "active")),
        condition(id="d", clinicalStatus=beside("condition-clinical", "gone")),
    )
    assert found.reasons == {"main/Condition/b": "refuted", "main/Condition/d": "invalid-status"}
    assert found.rows("condition_occurrence", "resource, condition_status_concept_id") == [
        ("main/Condition/a", 32893),
        ("main/Condition/c", None),
    ]


def test_a_partial_end_does_not_precede_the_start(mapped: Any) -> None:
    row = mapped(condition(abatementDateTime="2023-03", onsetDateTime="2023-03-15")).row(
        "condition_occurrence", "condition_end_date, derivation"
    )
    assert row == (date(2023, 3, 15), "end: precision month")


def test_an_end_whose_whole_period_precedes_the_start_is_refused(mapped: Any) -> None:
    found = mapped(condition(onsetDateTime="2021-05-10", abatementDateTime="2020"))
    assert found.reasons == {"main/Condition/c1": "end-before-start"}


def test_a_tentative_diagnosis_is_an_observation(mapped: Any) -> None:
    statuses = ("differential", "provisional", "unconfirmed")
    found = mapped(*(condition(id=code, verificationStatus=verification(code)) for code in statuses))
    assert found.rows("condition_occurrence", "resource") == []
    assert found.rows("observation", "resource, observation_concept_id, observation_event_id") == [
        (f"main/Condition/{code}", 316866, None) for code in statuses
    ]


def test_a_stage_of_a_tentative_diagnosis_is_no_fact_either(mapped: Any) -> None:
    tentative = verification("provisional")
    found = mapped(
        condition(id="a", verificationStatus=tentative, stage=[{"summary": concept("http://cancerstaging.org", "M1")}]),
        condition(id="b", verificationStatus=tentative, code=concept(SNOMED, "94391008")),
    )
    assert found.rows("condition_occurrence", "resource") == []
    assert found.rows("measurement", "resource") == []
    columns = "resource, slot, observation_concept_id, observation_event_id, obs_event_field_concept_id"
    assert found.rows("observation", columns) == [
        ("main/Condition/a", "", 316866, None, None),
        ("main/Condition/a", "stage0", 1635142, None, None),
        ("main/Condition/b", "", 254591, None, None),
    ]


def test_icdo3_names_morphology_and_site_together(mapped: Any) -> None:
    found = mapped(
        sarcoma("8890/3", "C49.2", id="a"),
        sarcoma("8802/3", "C49.4", id="b"),
        sarcoma("8140/3", "C34.1", id="c"),
        sarcoma("8890/3", None, id="d"),
        condition(id="e", code=concept(ICDO3, "9040/3"), bodySite=[concept(ICDO3, "C49.1")]),
    )
    columns = "condition_concept_id, condition_source_value, condition_source_concept_id"
    assert found.rows("condition_occurrence", columns) == [
        (36552407, "8890/3-C49.2", 36552407),
        (2_000_000_030, "8802/3-C49.4", 0),
        (4311439, "424413001", 4311439),
        (4311439, "424413001", 4311439),
        (36567162, "9040/3-C49.1", 36567162),
    ]


def test_a_secondary_tumour_is_a_condition_and_a_cancer_modifier(mapped: Any) -> None:
    found = mapped(condition(code=concept(SNOMED, "94391008"), onsetDateTime="2023-06-01"))
    assert found.rows("condition_occurrence", "slot, condition_concept_id, condition_source_value") == [
        ("", 254591, "94391008"),
    ]  # fmt: skip
    columns = (
        "slot, derivation, measurement_concept_id, measurement_date, measurement_event_id, meas_event_field_concept_id"
    )
    assert found.rows("measurement", columns) == [
        ("site", "date: onset", 36770283, date(2023, 6, 1), "condition_occurrence:main/Condition/c1", 1147127),
    ]


def test_where_a_secondary_tumour_is(mapped: Any) -> None:
    icd10, icd10cm = "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm"
    lung = {"coding": [{"system": SNOMED, "code": "39607008", "display": "Lung"}], "text": "肺"}
    found = mapped(
        condition(id="code", code=concept(icd10, "C78.0")),
        condition(id="edition", code=concept(icd10cm, "C79.51")),
        condition(id="primary", code=concept(icd10, "C34.9"), bodySite=[lung]),
        condition(
            id="sites",
            code=concept(SNOMED, "128462008"),
            bodySite=[lung, concept(ICDO3, "C41.9"), concept(SNOMED, "40768004")],
        ),
    )
    columns = "resource, slot, measurement_concept_id, measurement_source_value"
    assert found.rows("measurement", columns) == [
        ("main/Condition/code", "site", 36770283, "C78.0"),
        ("main/Condition/edition", "site", 36769301, "C79.5"),
        ("main/Condition/sites", "site", 36769180, "128462008"),
        ("main/Condition/sites", "site0", 36770283, "39607008"),
        ("main/Condition/sites", "site1", 36769301, "C41.9"),
        ("main/Condition/sites", "site2", 0, "40768004"),
    ]
    columns = "resource, condition_concept_id, condition_source_value"
    assert found.rows("condition_occurrence", columns) == [
        ("main/Condition/code", 254591, "C78.0"),
        ("main/Condition/edition", 432851, "C79.51"),
        ("main/Condition/primary", 0, "C34.9"),
        ("main/Condition/sites", 432851, "128462008"),
    ]


def test_a_histology_that_the_diagnosis_does_not_tell_is_a_measurement_of_it(mapped: Any) -> None:
    found = mapped(
        sarcoma("8890/3", "C49.2", id="pair"),
        sarcoma("8890/3", None, id="nowhere"),
        condition(id="snomed", extension=[{"url": HISTOLOGY, "valueCodeableConcept": concept(SNOMED, "51549004")}]),
    )
    columns = "resource, slot, measurement_concept_id, measurement_source_value, measurement_event_id"
    assert found.rows("measurement", columns) == [
        ("main/Condition/nowhere", "histology", 0, "8890/3", "condition_occurrence:main/Condition/nowhere"),
        ("main/Condition/snomed", "histology", 0, "51549004", "condition_occurrence:main/Condition/snomed"),
    ]


def test_stages_are_measurements_of_the_condition(mapped: Any) -> None:
    stages = [
        {"summary": concept("http://cancerstaging.org", "M1")},
        {"summary": {"text": "IV期"}},
        {"assessment": [{"reference": "Observation/o1"}]},
        {"summary": concept(SNOMED, "1222806003")},
    ]
    found = mapped(condition(stage=stages))
    columns = "slot, measurement_concept_id, measurement_source_value, measurement_event_id, derivation"
    key = "condition_occurrence:main/Condition/c1"
    assert found.rows("measurement", columns) == [
        ("stage0", 1635142, "M1", key, "date: onset"),
        ("stage1", 1633308, "IV期", key, "date: onset"),
        ("stage3", 0, "1222806003", key, "date: onset"),
    ]


def test_procedure(mapped: Any) -> None:
    procedure = {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "stopped",
        "code": concept(SNOMED, "86273004"),
        "subject": {"reference": "Patient/p1"},
        "performedPeriod": {"start": "2023-03-01T10:00:00+08:00", "end": "2023-03-02"},
    }
    columns = (
        "resource, slot, person_id, procedure_concept_id, procedure_date, procedure_end_date,"
        " procedure_type_concept_id, procedure_source_value"
    )
    assert mapped(procedure).row("procedure_occurrence", columns) == (
        "main/Procedure/x1", "", "main/Patient/p1", 0, date(2023, 3, 1), date(2023, 3, 2), 32817, "86273004",
    )  # fmt: skip
