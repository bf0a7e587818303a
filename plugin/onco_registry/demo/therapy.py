"""Drug resources: the oral component as statements or dispenses, infusions as administrations, other lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import Chart, reference
from onco_registry.demo.person import visit

CYCLE = timedelta(days=21)
TAKEN = "completed"


class Infusion(NamedTuple):
    """One infusion of a course: its day, its day visit (Encounter) and its MedicationAdministration."""

    day: date
    visit: Json
    administration: Json


def cycle_days(first: date, last: date, *, delayed: int | None = None) -> Iterator[date]:
    """Days of three-weekly cycles from ``first`` to ``last``; from cycle ``delayed`` on they are a week later."""
    day, number = first, 0
    while day <= last:
        yield day
        number += 1
        day += CYCLE + (timedelta(days=7) if number == delayed else timedelta())


def oral_course(chart: Chart, start: date, end: date, *, status: str = TAKEN) -> Json:
    """The oral component between two days: by turn statements per dose level, or dispenses, with or without a request.

    Returns a resource that may stand as suspect of an adverse event: a statement, else the hospital's Medication.
    """
    if status != TAKEN or chart.turn % 3 == 0:
        return _oral_statements(chart, start, end, status)
    if chart.turn % 3 == 2 and end - start > timedelta(days=60):
        _oral_request(chart, start)
    _oral_dispenses(chart, start, end)
    return medication(chart, chart.catalogue.drugs["oral"]["drug"])


def medication(chart: Chart, drug: str) -> Json:
    """The hospital's Medication resource of a drug, without its content; hospital.py writes it once for all."""
    number = list(chart.catalogue.drugs["drugs"]).index(drug) + 1
    return {"resourceType": "Medication", "id": f"med-{number:02d}"}


def _dose_levels(chart: Chart, start: date, end: date) -> list[tuple[date, date, float]]:
    """(first day, last day, mg) per dose level: every third patient is reduced once, after four cycles."""
    doses = chart.catalogue.drugs["oral"]["doses"]
    change = start + 4 * CYCLE
    if chart.turn // 3 % 3 != 1 or change >= end:
        return [(start, end, doses[0])]
    return [(start, change - timedelta(days=1), doses[0]), (change, end, doses[1])]


def _oral_statements(chart: Chart, start: date, end: date, status: str) -> Json:
    drug = chart.catalogue.drugs["oral"]["drug"]
    statements = []
    for first, last, milligrams in _dose_levels(chart, start, end):
        body = {
            "status": "stopped" if status == TAKEN and chart.turn % 2 else status,
            "medicationCodeableConcept": chart.catalogue.drug_concept(drug, chart.turn // 3),
            "subject": chart.subject,
            "effectivePeriod": {"start": first.isoformat(), "end": last.isoformat()},
            "dosage": [_oral_dosage(chart, milligrams)],
        }
        statements.append(chart.add("MedicationStatement", "oral", last, body))
    return statements[0]


def _oral_dispenses(chart: Chart, start: date, end: date) -> None:
    drug = chart.catalogue.drugs["oral"]["drug"]
    days_on = chart.catalogue.drugs["oral"]["days_on"]
    levels = _dose_levels(chart, start, end)
    for day in cycle_days(start, end - timedelta(days=days_on - 1)):
        milligrams = next(dose for _, last, dose in levels if day <= last)
        body = {
            "status": TAKEN,
            "medicationCodeableConcept": chart.catalogue.drug_concept(drug, chart.turn // 3),
            "subject": chart.subject,
            "quantity": {"value": days_on, "unit": "粒"},
            "daysSupply": chart.catalogue.quantity(days_on, "d"),
            "whenHandedOver": chart.moment(day),
            "dosageInstruction": [_oral_dosage(chart, milligrams)],
        }
        chart.add("MedicationDispense", "disp", day, body)


def _oral_dosage(chart: Chart, milligrams: float) -> Json:
    return {
        "text": f"{milligrams}mg {chart.catalogue.codes['oral_schedule']}",
        "route": chart.catalogue.concept(chart.catalogue.codes["oral_route"]),
        "doseAndRate": [{"doseQuantity": chart.catalogue.quantity(milligrams, "mg")}],
    }


def _oral_request(chart: Chart, start: date) -> Json:
    drug = chart.catalogue.drugs["oral"]["drug"]
    return request(chart, chart.catalogue.drug_concept(drug, chart.turn // 3), start)


def request(chart: Chart, concept: Json, day: date, **extra: object) -> Json:
    """MedicationRequest (order) authored that day."""
    body = {
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": concept,
        "subject": chart.subject,
        "authoredOn": chart.moment(day),
        **extra,
    }
    return chart.add("MedicationRequest", "req", day, body)


def infusion(chart: Chart, drug: str, day: date, *, status: str = TAKEN, during: Json | None = None) -> Json:
    """MedicationAdministration of one infusion: coded, by Medication reference, or with a contained Medication."""
    spelling = chart.catalogue.drugs["drugs"][drug]
    body: Json = {
        "status": status,
        **_infused_medication(chart, drug),
        "subject": chart.subject,
        **({} if during is None else {"context": reference(during)}),
        **_when_infused(chart, day),
        "dosage": {
            "route": chart.catalogue.concept(chart.catalogue.codes["vein_route"]),
            "dose": chart.catalogue.quantity(spelling["dose"], spelling["unit"]),
        },
    }
    return chart.add("MedicationAdministration", "inf", day, body)


def _infused_medication(chart: Chart, drug: str) -> Json:
    concept = chart.catalogue.drug_concept(drug, chart.turn // 2)
    match chart.turn % 7:
        case 3:
            return {"medicationReference": reference(medication(chart, drug))}
        case 5:
            contained = {"resourceType": "Medication", "id": "m", "code": concept}
            return {"contained": [contained], "medicationReference": {"reference": "#m"}}
        case _:
            return {"medicationCodeableConcept": concept}


def _when_infused(chart: Chart, day: date) -> Json:
    if chart.turn % 2:
        return {"effectiveDateTime": chart.moment(day)}
    return {"effectivePeriod": {"start": chart.moment(day), "end": chart.moment(day)}}


def infusion_course(chart: Chart, drug: str, start: date, end: date, *, status: str = TAKEN) -> list[Infusion]:
    """Three-weekly infusions between two days, each at a day visit; every fourth patient has one cycle delayed."""
    delayed = 3 if chart.turn % 4 == 1 else None
    course = []
    for day in cycle_days(start, end, delayed=delayed):
        during = visit(chart, "infusion", day)
        course.append(Infusion(day, during, infusion(chart, drug, day, status=status, during=during)))
    return course


def line(chart: Chart, drugs: list[str], start: date, cycles: int) -> date:
    """Cytotoxic drugs of one earlier or later line, given on the ward; returns the last day."""
    day = start
    for number in range(cycles):
        day = start + number * CYCLE
        during = visit(chart, "ward", day, days=3)
        for drug in drugs:
            infusion(chart, drug, day, during=during)
    return day + timedelta(days=2)
