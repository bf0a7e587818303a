"""Every reason for which a resource is refused, by the smallest resource that meets it."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import Any

import pytest

# Reasons given elsewhere in the pipeline, before a resource can be judged or after it was mapped.
OTHER_REASONS = {
    "rows",
    "looked-up",
    "newer-version",
    "same-content",
    "deleted-by-source",
    "person-not-arrived",
    "replaced-by-another",
    "opted-out",
    "erased",
    "unsupported-type",
    "nothing-to-map",
    "malformed-json",
    "too-large",
    "invalid-shape",
    "no-resource-type",
    "missing-id",
    "invalid-id",
}
SUBJECT = {"subject": {"reference": "Patient/p1"}}
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
STATUS_MODIFIER = "http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status"
GRADE = "http://hl7.org/fhir/us/ctcae/StructureDefinition/ctcae-grade"
RESEARCH = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "research"}]}
ACCEPTED: dict[str, dict[str, Any]] = {
    "Patient": {"gender": "male", "birthDate": "1970-05-01"},
    "Encounter": {"status": "finished", "class": {"code": "AMB"}, "period": {"start": "2024-01-01"}, **SUBJECT},
    "Condition": {"onsetDateTime": "2024-01-01", **SUBJECT},
    "Procedure": {"status": "completed", "performedDateTime": "2024-01-01", **SUBJECT},
    "Observation": {"status": "final", "effectiveDateTime": "2024-01-01", **SUBJECT},
    "Medication": {"status": "active"},
    "MedicationAdministration": {"status": "completed", "effectiveDateTime": "2024-01-01", **SUBJECT},
    "MedicationDispense": {"status": "completed", "whenHandedOver": "2024-01-01", **SUBJECT},
    "MedicationRequest": {"status": "active", "intent": "order", "authoredOn": "2024-01-01", **SUBJECT},
    "MedicationStatement": {"status": "active", "effectiveDateTime": "2024-01-01", **SUBJECT},
    "Organization": {},
    "Location": {"status": "active"},
    "Practitioner": {},
    "PractitionerRole": {},
    "AdverseEvent": {"actuality": "actual", "date": "2024-01-01", **SUBJECT},
    "Consent": {"status": "active", "patient": SUBJECT["subject"]},
}


def codes(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def statuses(resource_type: str, **reasons: str) -> list[tuple[str, dict[str, Any], str]]:
    return [(resource_type, {"status": status.replace("_", "-")}, reason) for status, reason in reasons.items()]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Patient", {"gender": "man"}, "invalid-gender"),
    ("Patient", {"birthDate": None}, "missing-birth-date"),
    ("Patient", {"birthDate": "1970-02-30"}, "impossible-date"),
    ("Patient", {"deceasedDateTime": "2023-99"}, "impossible-date"),
    ("Patient", {"deceasedDateTime": "1969-05-01"}, "end-before-start"),
    ("Consent", {"status": "entered-in-error"}, "entered-in-error"),
    ("Consent", {"status": "agreed"}, "invalid-status"),
    ("Consent", {"patient": None}, "missing-subject"),
    ("Consent", {"scope": RESEARCH, "provision": {"type": "deny"}}, "consent-denies"),
    ("Consent", {"scope": RESEARCH, "provision": {"type": "deny", "actor": [{"role": {}}]}}, "consent-not-understood"),
    *statuses("Encounter", planned="not-begun", cancelled="not-done", unknown="status-unknown", done="invalid-status"),
    ("Encounter", {"status": "entered-in-error"}, "entered-in-error"),
    ("Encounter", {"period": None}, "missing-start-date"),
    ("Condition", {"verificationStatus": codes(VERIFICATION, "entered-in-error")}, "entered-in-error"),
    ("Condition", {"verificationStatus": codes(VERIFICATION, "refuted")}, "refuted"),
    ("Condition", {"verificationStatus": codes(VERIFICATION, "sure")}, "invalid-status"),
    ("Condition", {"clinicalStatus": {"text": "active"}}, "invalid-status"),
    ("Condition", {"onsetDateTime": None}, "missing-start-date"),
    ("Condition", {"onsetDateTime": "2024-01-32"}, "impossible-date"),
    ("Condition", {"recordedDate": "2024-01-32"}, "impossible-date"),
    ("Condition", {"onsetDateTime": None, "recordedDate": "2024-01-01", "abatementDateTime": "x"}, "impossible-date"),
    ("Condition", {"abatementDateTime": "2023-12-31"}, "end-before-start"),
    *statuses(
        "Procedure", preparation="not-begun", in_progress="not-completed", on_hold="not-completed", not_done="not-done",
        unknown="status-unknown", entered_in_error="entered-in-error", finished="invalid-status",
    ),
    ("Procedure", {"performedDateTime": None}, "missing-start-date"),
    *statuses(
        "Observation", registered="preliminary", preliminary="preliminary", cancelled="not-done",
        unknown="status-unknown", entered_in_error="entered-in-error", done="invalid-status",
    ),
    ("Observation", {"status": None}, "invalid-status"),
    ("Observation", {"dataAbsentReason": {"text": "not asked"}}, "data-absent"),
    ("Observation", {"dataAbsentReason": {"text": "not asked"}, "valueInteger": 3}, "data-absent"),
    ("Observation", {"component": [{"code": {"text": "asked"}, "dataAbsentReason": {"text": "no"}}]}, "data-absent"),
    ("Observation", {"valueSampledData": {"dimensions": 1}}, "sampled-data"),
    ("Observation", {"component": [{"valueSampledData": {"dimensions": 1}}]}, "sampled-data"),
    ("Observation", {"effectiveDateTime": None}, "missing-start-date"),
    ("Observation", {"effectiveDateTime": "soon"}, "impossible-date"),
    *(
        ("Observation", elements, reason)
        for value, reason in (
            ({"valueDateTime": "when Mr Li came"}, "impossible-date"),
            ({"valuePeriod": {"start": "2024-02-30"}}, "impossible-date"),
            ({"valuePeriod": {"end": "Dr Wang's leave"}}, "impossible-date"),
            ({"valueInteger": "three"}, "invalid-value"),
            ({"valueInteger": "3.0"}, "invalid-value"),
            ({"valueTime": "25:00:00"}, "invalid-value"),
            ({"valueTime": "after lunch"}, "invalid-value"),
            ({"valueQuantity": {"value": 3, "comparator": "ad"}}, "invalid-comparator"),
            ({"valueQuantity": {"value": 3, "comparator": "says Li"}}, "invalid-comparator"),
        )
        for elements in (value, {"component": [{"valueInteger": 1}, value]})
    ),
    ("Medication", {"status": "entered-in-error"}, "entered-in-error"),
    ("Medication", {"status": "gone"}, "invalid-status"),
    *statuses(
        "MedicationAdministration", not_done="not-done", on_hold="not-completed", unknown="status-unknown",
        entered_in_error="entered-in-error", given="invalid-status",
    ),
    ("MedicationAdministration", {"effectiveDateTime": None}, "missing-start-date"),
    ("MedicationRequest", {"authoredOn": None}, "missing-start-date"),
    ("MedicationStatement", {"effectiveDateTime": None}, "missing-start-date"),
    *statuses(
        "MedicationDispense", preparation="not-begun", cancelled="not-done", declined="not-done",
        on_hold="not-completed", unknown="status-unknown", entered_in_error="entered-in-error", given="invalid-status",
    ),
    ("MedicationDispense", {"whenHandedOver": None}, "missing-start-date"),
    *statuses(
        "MedicationRequest", draft="not-begun", cancelled="not-done", unknown="status-unknown",
        entered_in_error="entered-in-error", given="invalid-status",
    ),
    ("MedicationRequest", {"doNotPerform": True}, "do-not-perform"),
    ("MedicationRequest", {"intent": "plan"}, "not-an-order"),
    ("MedicationRequest", {"intent": "filler-order"}, "not-an-order"),
    ("MedicationRequest", {"intent": "wish"}, "invalid-intent"),
    ("MedicationRequest", {"intent": None}, "invalid-intent"),
    *statuses(
        "MedicationStatement", intended="not-begun", not_taken="not-done", unknown="status-unknown",
        entered_in_error="entered-in-error", taken="invalid-status",
    ),
    ("Organization", {"type": [codes("urn:any", "pay")]}, "not-a-care-site"),
    ("Location", {"status": "open"}, "invalid-status"),
    ("Location", {"mode": "kind"}, "not-a-care-site"),
    ("Location", {"mode": "model"}, "invalid-mode"),
    ("AdverseEvent", {"actuality": "potential"}, "potential"),
    ("AdverseEvent", {"extension": [{"url": GRADE, "valueInteger": 0}]}, "grade-zero"),
    ("AdverseEvent", {"actuality": "maybe"}, "invalid-status"),
    (
        "AdverseEvent",
        {"modifierExtension": [{"url": STATUS_MODIFIER, "valueCode": "entered-in-error"}]},
        "entered-in-error",
    ),
    ("AdverseEvent", {"modifierExtension": [{"url": STATUS_MODIFIER, "valueCode": "lost"}]}, "invalid-status"),
    ("AdverseEvent", {"date": None}, "missing-start-date"),
]  # fmt: skip
WITHOUT_SUBJECT = {"Patient", "Medication", "Organization", "Location", "Practitioner", "PractitionerRole"}
WITH_SUBJECT = sorted(set(ACCEPTED) - WITHOUT_SUBJECT)


def reason(mapped: Any, resource_type: str, elements: dict[str, Any]) -> str | None:
    resource = {"resourceType": resource_type, "id": "x1", **ACCEPTED[resource_type], **elements}
    found: str | None = mapped(resource).reasons.get(f"main/{resource_type}/x1")
    return found


@pytest.mark.parametrize("resource_type", sorted(ACCEPTED))
def test_accepted(mapped: Any, resource_type: str) -> None:
    assert reason(mapped, resource_type, {}) is None


def test_statuses_that_give_rows(mapped: Any) -> None:
    given: dict[str, tuple[str, ...]] = {
        "Encounter": ("finished", "in-progress", "arrived", "triaged", "onleave"),
        "Procedure": ("completed", "stopped"),
        "Observation": ("final", "amended", "corrected"),
        "Medication": ("active", "inactive"),
        "MedicationAdministration": ("completed", "in-progress", "stopped"),
        "MedicationDispense": ("completed", "in-progress", "stopped"),
        "MedicationRequest": ("active", "on-hold", "completed", "stopped"),
        "MedicationStatement": ("active", "completed", "stopped", "on-hold"),
        "Location": ("active", "suspended", "inactive"),
    }
    found = mapped(
        *(
            {"resourceType": kind, "id": status, **ACCEPTED[kind], "status": status}
            for kind, statuses_ in given.items()
            for status in statuses_
        ),
        {"resourceType": "MedicationRequest", "id": "i", **ACCEPTED["MedicationRequest"], "intent": "instance-order"},
        {"resourceType": "Patient", "id": "p", **ACCEPTED["Patient"], "active": False},
    )
    assert found.reasons == {}


@pytest.mark.parametrize(
    "value",
    [
        *({"valueQuantity": {"value": 1, "comparator": comparator}} for comparator in ("<", "<=", ">=", ">")),
        *({"valueInteger": number} for number in (0, -12, 7)),
        *({"valueTime": time} for time in ("00:00:00", "23:59:60", "10:30:00.25")),
        *({"valueDateTime": date} for date in ("2024", "2024-02", "2024-02-29", "2024-02-29T10:30:00Z")),
        {"valuePeriod": {"start": "2024"}},
    ],
)
def test_values_written_as_fhir_does_are_accepted(mapped: Any, value: dict[str, Any]) -> None:
    assert reason(mapped, "Observation", value) is None
    assert reason(mapped, "Observation", {"component": [value]}) is None


def test_refused(mapped: Any) -> None:
    """All at once: planning a SELECT costs more than running it on a few rows."""
    resources = [
        {"resourceType": kind, "id": f"x{n}", **ACCEPTED[kind], **elements}
        for n, (kind, elements, _) in enumerate(REFUSED)
    ]
    found = mapped(*resources).reasons
    assert found == {f"main/{kind}/x{n}": expected for n, (kind, _, expected) in enumerate(REFUSED)}


@pytest.mark.parametrize("resource_type", sorted(ACCEPTED))
def test_what_may_reverse_the_meaning_is_refused(mapped: Any, resource_type: str) -> None:
    base = {"resourceType": resource_type, **ACCEPTED[resource_type]}
    found = mapped(
        {**base, "id": "a", "implicitRules": "http://example.org/rules"},
        {**base, "id": "b", "modifierExtension": [{"url": "http://example.org/not"}]},
        {**base, "id": "c", "meta": {"tag": [{"code": "SUBSETTED"}]}},
        {**base, "id": "d", "modifierExtension": [{"url": STATUS_MODIFIER, "valueCode": "completed"}]},
    )
    assert found.reasons == {
        f"main/{resource_type}/a": "implicit-rules",
        f"main/{resource_type}/b": "unknown-modifier-extension",
        f"main/{resource_type}/c": "subsetted",
        # The status of the adverse event guides means nothing elsewhere.
        **({f"main/{resource_type}/d": "unknown-modifier-extension"} if resource_type != "AdverseEvent" else {}),
    }


NOT = {"modifierExtension": [{"url": "http://example.org/not"}]}


def test_what_may_reverse_the_meaning_of_an_element_is_refused(mapped: Any) -> None:
    within: list[tuple[str, dict[str, Any]]] = [
        ("Condition", {"stage": [{"summary": {"text": "IV"}}, NOT]}),
        ("Encounter", {"hospitalization": NOT}),
        ("Encounter", {"participant": [NOT]}),
        ("Encounter", {"location": [NOT]}),
        ("Procedure", {"performer": [NOT]}),
        ("AdverseEvent", {"suspectEntity": [NOT]}),
        ("AdverseEvent", {"suspectEntity": [{"causality": [NOT]}]}),
        ("MedicationAdministration", {"performer": [NOT]}),
        ("MedicationDispense", {"performer": [NOT]}),
        ("Medication", {"ingredient": [NOT]}),
        ("MedicationAdministration", {"dosage": NOT}),
        ("MedicationDispense", {"dosageInstruction": [{"text": "daily"}, NOT]}),
        ("MedicationRequest", {"dosageInstruction": [NOT]}),
        ("MedicationRequest", {"dispenseRequest": NOT}),
        ("MedicationStatement", {"dosage": [NOT]}),
        ("MedicationStatement", {"dosage": [{"text": "daily"}, {"timing": NOT}]}),
        ("MedicationRequest", {"dosageInstruction": [{"timing": NOT}]}),
        ("MedicationDispense", {"dosageInstruction": [{"timing": NOT}]}),
        ("Observation", {"component": [{"valueInteger": 1}, NOT]}),
        ("Observation", {"referenceRange": [{"low": {"value": 1}}, NOT]}),
        ("Observation", {"component": [{"valueInteger": 1, "referenceRange": [NOT]}]}),
        ("Patient", {"link": [{"other": {"reference": "Patient/other"}, "type": "seealso", **NOT}]}),
    ]
    resources = [
        {"resourceType": kind, "id": f"x{n}", **ACCEPTED[kind], **elements} for n, (kind, elements) in enumerate(within)
    ]
    assert mapped(*resources).reasons == {
        f"main/{kind}/x{n}": "unknown-modifier-extension" for n, (kind, _) in enumerate(within)
    }


def test_security_labels_of_the_settings_are_honoured(mapped: Any) -> None:
    confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    labels: dict[str, dict[str, str]] = {
        "very": {"system": confidentiality, "code": "V"},
        "less": {"system": confidentiality, "code": "R"},
        "site": {"system": "urn:site", "code": "secret"},
        "elsewhere": {"system": "urn:elsewhere", "code": "secret"},
        "bare": {"code": "secret"},
    }
    resources = [
        {"resourceType": kind, "id": name, **ACCEPTED[kind], "meta": {"security": [{"code": "N"}, label]}}
        for kind in ("Patient", "Observation")
        for name, label in labels.items()
    ]
    assert mapped(*resources).reasons == {
        "main/Patient/very": "restricted",
        "main/Patient/site": "restricted",
        "main/Observation/very": "restricted",
        "main/Observation/site": "restricted",
    }


@pytest.mark.parametrize("resource_type", WITH_SUBJECT)
def test_the_subject_is_a_patient(mapped: Any, resource_type: str) -> None:
    base = {"resourceType": resource_type, **ACCEPTED[resource_type]}
    about = "patient" if resource_type == "Consent" else "subject"
    found = mapped(
        {**base, "id": "a", about: None},
        {**base, "id": "b", about: {"display": "the patient"}},
        {**base, "id": "c", about: {"reference": "Group/g1"}},
        {**base, "id": "d", about: {"reference": "urn:uuid:7f", "type": "Device"}},
    )
    assert found.reasons == {
        f"main/{resource_type}/a": "missing-subject",
        f"main/{resource_type}/b": "missing-subject",
        f"main/{resource_type}/c": "subject-not-patient",
        f"main/{resource_type}/d": "subject-not-patient",
    }


def test_a_known_status_modifier_is_understood(mapped: Any) -> None:
    known = [{"url": STATUS_MODIFIER, "valueCode": "completed"}]
    assert reason(mapped, "AdverseEvent", {"modifierExtension": known}) is None


def test_every_listed_reason_is_met() -> None:
    with files("onco_mappings").joinpath("reasons.csv").open(encoding="utf-8") as lines:
        listed = {row["reason"] for row in csv.DictReader(lines)}
    general = {
        "implicit-rules",
        "unknown-modifier-extension",
        "subsetted",
        "restricted",
        "missing-subject",
        "subject-not-patient",
    }
    assert {expected for _, _, expected in REFUSED} | general == listed - OTHER_REASONS
