"""Patient, Encounter and Condition: who the fictional patient is, the visits, the tumour and its spread."""

from __future__ import annotations

from datetime import date, timedelta

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import Chart, reference

PROVINCES = ("上海市", "江苏省", "浙江省", "安徽省")
MORPHOLOGY = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior"


def patient(chart: Chart, birth: str, known: date, **extra: object) -> Json:
    """Patient with a made-up name, number, telephone and address, none of which may ever leave the private area."""
    number = f"{chart.turn:04d}"
    body: Json = {
        "identifier": [{"system": "http://hospital.example.org/mrn", "value": f"MRN-FICTIONAL-{number}"}],
        "active": True,
        "name": [{"text": f"虚构患者{number}", "family": "Fictional", "given": [f"Person-{number}"]}],
        "telecom": [{"system": "phone", "value": f"000-5550-{number}", "use": "mobile"}],
        "gender": chart.random.choice(("female", "male")),
        "birthDate": birth,
        "address": [
            {
                "line": [f"虚构路{number}号"],
                "city": "Fictional City",
                "state": PROVINCES[chart.turn % len(PROVINCES)],
                "country": "CN",
            }
        ],
        **extra,
    }
    return chart.add_patient(body, known)


def birth_date(chart: Chart, index: date, ages: tuple[int, int], *, partial: bool = False) -> str:
    """A birth date that makes the patient's age at ``index`` fall within ``ages``; year only if ``partial``."""
    age = chart.random.randint(*ages)
    year = index.year - age - 1
    born = date(year, 1, 1) + timedelta(days=chart.random.randint(0, 364))
    return str(year) if partial else born.isoformat()


def visit(chart: Chart, kind: str, day: date, *, days: int = 1, status: str = "finished") -> Json:
    """Encounter of a kind of codes.yaml; ``days`` counts the first and the last day."""
    spelling = chart.catalogue.codes["visits"][kind]
    last = day + timedelta(days=days - 1)
    body = {
        "status": status,
        "class": chart.catalogue.coding("act-class", spelling["class"]),
        "type": [chart.catalogue.concept(spelling["type"])],
        "subject": chart.subject,
        "period": {"start": chart.moment(day), "end": chart.moment(last)},
    }
    return chart.add("Encounter", "enc", last, body)


def condition(chart: Chart, code: Json, onset: str, known: date, **extra: object) -> Json:
    """Condition, confirmed unless ``extra`` says otherwise."""
    body = {
        "clinicalStatus": {"coding": [chart.catalogue.coding("clinical-status", "active")]},
        "verificationStatus": {"coding": [chart.catalogue.coding("verification", "confirmed")]},
        "code": code,
        "subject": chart.subject,
        "onsetDateTime": onset,
        "recordedDate": known.isoformat(),
        **extra,
    }
    return chart.add("Condition", "cond", known, body)


def tumour(chart: Chart, subtype: str, topography: str, onset: date, stage: Json | None) -> Json:
    """The primary tumour: ICD-O-3 histology (extension) and topography (bodySite), or a code that says the subtype."""
    spelling = chart.catalogue.diagnoses["subtypes"][subtype]
    usual = chart.catalogue.diagnoses["primary_code"]
    code = spelling.get("code", usual[chart.turn % len(usual)])
    return _neoplasm(chart, code, spelling, topography, onset, stage)


def other_tumour(chart: Chart, onset: date, stage: Json | None) -> Json:
    """A tumour that is not the registry's disease."""
    spellings = chart.catalogue.diagnoses["others"]
    spelling = spellings[chart.turn % len(spellings)]
    return _neoplasm(chart, spelling["code"], spelling, spelling["topography"], onset, stage)


def _neoplasm(chart: Chart, code: Json, spelling: Json, topography: str, onset: date, stage: Json | None) -> Json:
    extra: Json = {"bodySite": [{"coding": [chart.catalogue.coding("icdo3", topography)]}]}
    if "morphology" in spelling:
        histology = chart.catalogue.coding("icdo3", spelling["morphology"], spelling.get("display"))
        extra["extension"] = [{"url": MORPHOLOGY, "valueCodeableConcept": {"coding": [histology]}}]
    if stage is not None:
        extra["stage"] = [{"summary": chart.catalogue.concept(stage)}]
    # Every fifth onset is known by its month only.
    when = onset.isoformat()[:7] if chart.turn % 5 == 0 else onset.isoformat()
    return condition(chart, chart.catalogue.concept(code), when, onset + timedelta(days=9), **extra)


def diagnose(chart: Chart, subtype: str, topography: str, onset: date, spread: str, spread_on: date) -> None:
    """The tumour and its biopsy, and its spread: a condition of its own, or the stage."""
    spelling = chart.catalogue.diagnoses["metastasis"][spread]
    tumour(chart, subtype, topography, onset, spelling.get("stage"))
    biopsy(chart, onset + timedelta(days=5))
    if "condition" in spelling:
        metastasis(chart, spread, spread_on)


def metastasis(chart: Chart, spread: str, day: date) -> Json:
    """Spread of the tumour as a Condition of its own."""
    spelling = chart.catalogue.diagnoses["metastasis"][spread]["condition"]
    return condition(chart, chart.catalogue.concept(spelling), day.isoformat(), day)


def biopsy(chart: Chart, day: date) -> Json:
    """The Procedure that gave the diagnosis."""
    body = {
        "status": "completed",
        "code": chart.catalogue.concept(chart.catalogue.codes["biopsy"]),
        "subject": chart.subject,
        "performedDateTime": chart.moment(day),
    }
    return chart.add("Procedure", "proc", day, body)


def ruled_out(chart: Chart, day: date) -> Json:
    """A suspicion that was refuted; it must give no row."""
    refuted = {"coding": [chart.catalogue.coding("verification", "refuted")]}
    code = chart.catalogue.concept(chart.catalogue.diagnoses["ruled_out"])
    return condition(chart, code, day.isoformat(), day, verificationStatus=refuted)


def in_visit(resource: Json | None) -> Json:
    """The ``encounter`` element of a resource written during the visit."""
    return {} if resource is None else {"encounter": reference(resource)}
