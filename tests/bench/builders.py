"""One function per resource type: the elements of a resource beyond those of Draw.common, as FHIR R4 has them."""

from __future__ import annotations

from bench.draw import Draw, Element, codes, concept, quantity

THO = "http://terminology.hl7.org/CodeSystem"
BLOOD_PRESSURE = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}], "text": "血压"}


def term(system: str, code: str) -> Element:
    """A CodeableConcept of one of HL7's own code systems."""
    return {"coding": [{"system": f"{THO}/{system}", "code": code}]}


def subject(draw: Draw) -> Element:
    return {"subject": draw.reference("Patient", "虚构患者")}


def with_encounter(draw: Draw, element: str = "encounter") -> Element:
    """The patient and the visit."""
    return {**subject(draw), element: draw.reference("Encounter")}


def patient(draw: Draw) -> Element:
    """Administrative data; a third of the patients have died."""
    built: Element = {
        "identifier": [draw.identifier()],
        "active": True,
        "name": [{"use": "official", "text": f"虚构{draw.number}", "family": "虚", "given": [f"构{draw.number}"]}],
        "telecom": [{"system": "phone", "value": f"000-{draw.number:07d}", "use": "mobile"}],
        "gender": draw.one("male", "female", "female", "unknown"),
        "birthDate": f"{1935 + draw.number % 68}-{draw.one('02', '06', '11')}-{draw.one('03', '17', '28')}",
        "address": [{"use": "home", "line": ["虚构路 1 号"], "city": "虚构市", "state": "江苏", "country": "CN"}],
        "maritalStatus": term("v3-MaritalStatus", draw.one("M", "S", "W")),
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "zh-CN"}]}}],
        "managingOrganization": draw.reference("Organization"),
    }
    if draw.has(0):
        built["deceasedDateTime"] = draw.day(900)
    if draw.has(1):
        built["contact"] = [{"relationship": [term("v2-0131", "N")], "name": {"text": "虚构家属"}}]
    if draw.has(2):
        built["birthDate"] = built["birthDate"][:7]
        built["photo"] = [{"contentType": "image/png", "title": "无"}]
    if draw.has(3):
        built["generalPractitioner"] = [draw.reference("Practitioner")]
    if draw.has(4):
        built["multipleBirthBoolean"] = False
    return built


def encounter(draw: Draw) -> Element:
    """Visits of four classes."""
    code, text = draw.one(*codes()["visit"])
    built: Element = {
        "identifier": [draw.identifier()],
        "status": "finished" if draw.number % 16 else "in-progress",
        "class": {"system": f"{THO}/v3-ActCode", "code": code, "display": text},
        "type": [draw.code("procedure")],
        "serviceType": term("service-type", draw.one("57", "165", "221")),
        **subject(draw),
        "participant": [{"period": draw.period(1), "individual": draw.reference("Practitioner")}],
        "period": draw.period(draw.rng.randrange(0, 9)),
        "serviceProvider": draw.reference("Organization"),
    }
    if draw.has(0):
        built["hospitalization"] = {"dischargeDisposition": term("discharge-disposition", draw.one("home", "oth"))}
    if draw.has(1):
        built["reasonCode"] = [draw.code("condition")]
    if draw.has(2):
        built["location"] = [{"location": draw.reference("Location"), "status": "completed"}]
    if draw.has(3):
        built["length"] = quantity(draw.rng.randrange(10, 900), "min")
    if draw.has(4):
        built["diagnosis"] = [{"condition": draw.reference("Condition"), "rank": 1}]
    return built


def condition(draw: Draw) -> Element:
    """Diagnoses, with onset as date or period."""
    built: Element = {
        "identifier": [draw.identifier()],
        "clinicalStatus": term("condition-clinical", draw.one("active", "active", "remission")),
        "verificationStatus": term("condition-ver-status", "confirmed"),
        "category": [term("condition-category", draw.one("encounter-diagnosis", "problem-list-item"))],
        "severity": {"coding": [{"system": codes()["systems"]["local"], "code": draw.one("1", "2")}]},
        "code": draw.code("condition"),
        **with_encounter(draw),
        "recordedDate": draw.moment(1),
        "recorder": draw.reference("Practitioner"),
        "note": draw.note(),
        **({"onsetPeriod": draw.period(30)} if draw.has(0) else {"onsetDateTime": draw.day()}),
    }
    if draw.has(1):
        site = draw.one("C49.1", "C49.2", "C49.5")
        built["bodySite"] = [{"coding": [{"system": codes()["systems"]["icdo3"], "code": site}]}]
    if draw.has(2):
        built["stage"] = [{"summary": {"text": draw.one("IV", "III", "M1")}, "type": {"text": "AJCC"}}]
    if draw.has(3):
        built["abatementDateTime"] = draw.moment(60)
        built["clinicalStatus"] = term("condition-clinical", "resolved")
    if draw.has(4):
        built["evidence"] = [{"detail": [draw.reference("Observation")]}]
    return built


def procedure(draw: Draw) -> Element:
    """Imaging, operations, radiotherapy."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": "completed",
        "category": {"text": draw.one("影像", "手术")},
        "code": draw.code("procedure"),
        **with_encounter(draw),
        "performer": [{"actor": draw.reference("Practitioner"), "onBehalfOf": draw.reference("Organization")}],
        "location": draw.reference("Location"),
        "note": draw.note(),
        **({"performedPeriod": draw.period(2)} if draw.has(0) else {"performedDateTime": draw.moment()}),
    }
    if draw.has(1):
        built["reasonCode"] = [draw.code("condition")]
    if draw.has(2):
        built["bodySite"] = [{"text": draw.one("大腿", "胸部")}]
    if draw.has(3):
        built["outcome"] = {"text": "顺利"}
    if draw.has(4):
        built["report"] = [draw.reference("DiagnosticReport")]
    return built


def _value(draw: Draw) -> Element:
    """code and value[x]: mostly quantities; every fifth answered by a code or in words, some by components."""
    if draw.number % 5 == 4:
        answer = concept(draw.one(*codes()["answers"]))
        value = {"valueString": answer["text"]} if draw.has(4) else {"valueCodeableConcept": answer}
        return {"code": draw.code("answered"), **value}
    if draw.number % 17 == 3:
        return {"code": BLOOD_PRESSURE, "component": [_pressure(draw, "收缩压"), _pressure(draw, "舒张压")]}
    row = codes()["quantity"][draw.number % len(codes()["quantity"])]
    low, high = row[4:6]
    limits = [{"low": quantity(low, row[3]), "high": quantity(high, row[3]), "text": f"{low}-{high}"}]
    number = quantity(round(draw.rng.uniform(low, high), 1), row[3])
    return {"code": concept(row), "valueQuantity": number, "referenceRange": limits}


def _pressure(draw: Draw, text: str) -> Element:
    return {"code": {"text": text}, "valueQuantity": quantity(draw.rng.randrange(60, 180), "mm[Hg]")}


def observation(draw: Draw) -> Element:
    """Laboratory values, vital signs, tumour assessments."""
    built: Element = {
        "identifier": [draw.identifier()],
        "status": draw.one("final", "final", "final", "amended", "corrected"),
        "category": [term("observation-category", draw.one("laboratory", "vital-signs", "imaging"))],
        **_value(draw),
        **with_encounter(draw),
        "issued": draw.moment(1),
        "performer": [draw.reference("Practitioner"), draw.reference("Organization", "检验科")],
        **({"effectivePeriod": draw.period(1)} if draw.has(0) else {"effectiveDateTime": draw.moment()}),
    }
    if draw.has(1):
        built["interpretation"] = [term("v3-ObservationInterpretation", draw.one("H", "L", "N"))]
    if draw.has(2):
        built["note"] = draw.note()
    if draw.has(3):
        built["specimen"] = draw.reference("Specimen")
        built["method"] = {"text": "自动分析仪"}
    if draw.has(4):
        built["device"] = draw.reference("Device")
        built["basedOn"] = [draw.reference("ServiceRequest")]
    return built


def adverse_event(draw: Draw) -> Element:
    """Events with a suspect drug."""
    assessment = term("adverse-event-causality-assess", draw.one("possible", "certain", "unlikely"))
    causality = [{"assessment": assessment, "author": draw.reference("Practitioner")}]
    suspect = {"instance": draw.reference("MedicationAdministration"), "causality": causality}
    built: Element = {
        "identifier": draw.identifier(),
        "actuality": "actual",
        "category": [term("adverse-event-category", "medication-mishap")],
        "event": draw.code("condition"),
        **with_encounter(draw),
        "date": draw.moment(),
        "recorder": draw.reference("Practitioner"),
        "suspectEntity": [suspect],
    }
    if draw.has(0):
        built["detected"] = draw.moment(1)
    if draw.has(1):
        built["seriousness"] = term("adverse-event-seriousness", draw.one("serious", "non-serious"))
    if draw.has(2):
        built["severity"] = term("adverse-event-severity", draw.one("mild", "moderate", "severe"))
    if draw.has(3):
        built["outcome"] = term("adverse-event-outcome", draw.one("resolved", "ongoing"))
    if draw.has(4):
        built["recordedDate"] = draw.moment(2)
        built["resultingCondition"] = [draw.reference("Condition")]
    return built
