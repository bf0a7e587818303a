"""One function per medication resource type; see builders.py."""

from __future__ import annotations

from bench.builders import term, with_encounter
from bench.draw import Draw, Element, codes, quantity


def _drug(draw: Draw) -> Element:
    if draw.has(0) and draw.of.get("Medication"):
        return {"medicationReference": draw.reference("Medication")}
    return {"medicationCodeableConcept": draw.code("drug")}


def _dosage(draw: Draw) -> Element:
    return {
        "sequence": 1,
        "text": draw.one("每日一次 口服", "每三周一次 静脉滴注"),
        "timing": {"repeat": {"frequency": 1, "period": draw.one(1, 21), "periodUnit": "d"}},
        "route": {"coding": [{"system": codes()["systems"]["local"], "code": draw.one("PO", "IV")}]},
        "doseAndRate": [{"doseQuantity": quantity(draw.one(8, 10, 12, 200, 240), "mg")}],
    }


def medication(draw: Draw) -> Element:
    """Pharmacy items that the other medication resources refer to."""
    built: Element = {
        "identifier": [draw.identifier()],
        "code": draw.code("drug"),
        "status": "active",
        "form": {"text": draw.one("片剂", "胶囊", "注射液")},
    }
    if draw.has(0):
        built["manufacturer"] = draw.reference("Organization")
    if draw.has(1):
        built["batch"] = {"lotNumber": f"L{draw.number:06d}", "expirationDate": "2030-01-01"}
    if draw.has(2):
        built["ingredient"] = [{"itemCodeableConcept": draw.code("drug"), "isActive": True}]
    if draw.has(3):
        built["amount"] = {"numerator": quantity(draw.one(10, 100), "mg"), "denominator": quantity(1, "{tbl}")}
    if draw.has(4):
        built["status"] = "inactive"
        built["extension"] = [{"url": "http://hospital.example/formulary", "valueBoolean": False}]
    return built


def medication_request(draw: Draw) -> Element:
    """Prescriptions."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": draw.one("active", "completed", "completed", "stopped"),
        "intent": draw.one("order", "order", "instance-order"),
        "category": [term("medicationrequest-category", draw.one("inpatient", "outpatient"))],
        "priority": "routine",
        **_drug(draw),
        **with_encounter(draw),
        "authoredOn": draw.moment(),
        "requester": draw.reference("Practitioner"),
        "dosageInstruction": [_dosage(draw)],
    }
    if draw.has(1):
        built["reasonCode"] = [draw.code("condition")]
    if draw.has(2):
        built["dispenseRequest"] = {
            "validityPeriod": draw.period(30),
            "numberOfRepeatsAllowed": 1,
            "expectedSupplyDuration": quantity(draw.one(14, 21, 28), "d"),
        }
    if draw.has(3):
        built["note"] = draw.note()
    if draw.has(4):
        built["substitution"] = {"allowedBoolean": False}
    return built


def medication_administration(draw: Draw) -> Element:
    """Doses given on the ward."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": "completed" if draw.number % 20 else "not-done",
        "category": term("medication-admin-category", "inpatient"),
        **_drug(draw),
        **with_encounter(draw, "context"),
        "performer": [{"actor": draw.reference("Practitioner")}],
        "request": draw.reference("MedicationRequest"),
        "dosage": {"text": "静脉滴注", "route": {"text": "IV"}, "dose": quantity(draw.one(200, 240, 360), "mg")},
        **({"effectivePeriod": draw.period(0)} if draw.has(1) else {"effectiveDateTime": draw.moment()}),
    }
    if draw.has(2):
        built["note"] = draw.note()
    if draw.has(3):
        built["reasonCode"] = [draw.code("condition")]
    if draw.has(4):
        built["device"] = [draw.reference("Device")]
    return built


def medication_dispense(draw: Draw) -> Element:
    """What the pharmacy handed over."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": "completed",
        **_drug(draw),
        **with_encounter(draw, "context"),
        "performer": [{"actor": draw.reference("Practitioner")}],
        "authorizingPrescription": [draw.reference("MedicationRequest")],
        "quantity": quantity(draw.one(7, 14, 28), "{tbl}"),
        "whenHandedOver": draw.moment(),
        "dosageInstruction": [_dosage(draw)],
    }
    if draw.has(1):
        built["daysSupply"] = quantity(draw.one(14, 21, 28), "d")
    if draw.has(2):
        built["whenPrepared"] = draw.moment()
    if draw.has(3):
        built["note"] = draw.note()
    if draw.has(4):
        built["receiver"] = [draw.reference("Patient")]
    return built


def medication_statement(draw: Draw) -> Element:
    """What patients say they take."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": draw.one("active", "completed", "stopped"),
        **_drug(draw),
        **with_encounter(draw, "context"),
        "dateAsserted": draw.moment(1),
        "informationSource": draw.reference("Patient"),
        "dosage": [_dosage(draw)],
        **({"effectivePeriod": draw.period(40)} if draw.has(1) else {"effectiveDateTime": draw.day()}),
    }
    if draw.has(2):
        built["reasonCode"] = [draw.code("condition")]
    if draw.has(3):
        built["note"] = draw.note()
    if draw.has(4):
        built["derivedFrom"] = [draw.reference("MedicationRequest")]
    return built
