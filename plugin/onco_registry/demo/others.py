"""Charts of the patients who do not belong to the replica cohort: each fails what its group in groups.yaml says."""

from __future__ import annotations

from datetime import date, timedelta

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import DATA_CUT, Chart
from onco_registry.demo.imaging import recorded_response, scan, scan_days, sums, timepoint_response
from onco_registry.demo.person import (
    birth_date,
    condition,
    in_visit,
    metastasis,
    other_tumour,
    patient,
    tumour,
    visit,
)
from onco_registry.demo.safety import related_events
from onco_registry.demo.therapy import TAKEN, infusion_course, line, oral_course, request
from onco_registry.demo.visits import blood_pressure, laboratory, performance_status

EARLIEST, LATEST = date(2018, 10, 1), date(2021, 12, 15)
DAY = timedelta(days=1)


def other_chart(variant: Json, chart: Chart) -> None:
    """Write the record of one patient of a variant (groups.yaml, laid over ``usual``)."""
    index = EARLIEST + timedelta(days=chart.random.randint(0, (LATEST - EARLIEST).days))
    last = min(index + timedelta(days=chart.random.randint(100, 420)), DATA_CUT)
    birth = birth_date(chart, index, tuple(variant["age"]), partial=chart.turn % 9 == 0)
    patient(chart, birth, last, **_death(chart, last))
    if variant["diagnosis"] == "general":
        _general(chart, index, last)
        return
    gap = timedelta(days=chart.random.randint(*variant["gap"]))
    first = index - abs(gap)
    _history(variant, chart, first)
    treated = min(index + timedelta(days=chart.random.randint(64, 130)), last - 10 * DAY)
    suspects = _combination(variant, chart, first, gap, treated)
    if variant["other_drug"]:
        suspects += _other_drug(chart, index, treated)
    _observe(chart, index, treated)
    if suspects and chart.turn % 3 == 0:
        related_events(chart, 1 + chart.turn % 2, suspects[:1], first + 3 * DAY, treated)
    visit(chart, "clinic" if chart.turn % 2 else "telephone", last)


def _death(chart: Chart, last: date) -> Json:
    """Every fourth patient died: on a day, in a month, or at an unknown time."""
    if chart.turn % 4:
        return {}
    month = (last.replace(day=28) + timedelta(days=10)).isoformat()[:7]
    match chart.turn // 4 % 4:
        case 0:
            return {"deceasedDateTime": month}
        case 1 if chart.turn % 32 == 4:
            return {"deceasedBoolean": True}
        case _:
            return {"deceasedDateTime": chart.moment(last + DAY)}


def _general(chart: Chart, index: date, last: date) -> None:
    """A patient without cancer, seen twice."""
    spellings = chart.catalogue.diagnoses["general"]
    concept = chart.catalogue.concept(spellings[chart.turn % len(spellings)])
    condition(chart, concept, index.isoformat(), index)
    for day in (index, last):
        seen = visit(chart, "clinic", day)
        blood_pressure(chart, day, seen)
        laboratory(chart, day, seen)


def _history(variant: Json, chart: Chart, first: date) -> None:
    """Tumour, spread and one earlier line before ``first``, as far as the variant has them."""
    start = first - timedelta(days=chart.random.randint(110, 180))
    onset = start - timedelta(days=chart.random.randint(40, 300))
    stage = None if variant["metastatic"] else chart.catalogue.diagnoses["localised_stage"]
    if variant["diagnosis"] == "others":
        other_tumour(chart, onset, stage)
    else:
        choices = chart.catalogue.diagnoses[variant["diagnosis"]]
        subtype, topography = choices[chart.turn % len(choices)]
        tumour(chart, subtype, topography, onset, stage)
    if variant["metastatic"]:
        metastasis(chart, ("lung", "liver", "any")[chart.turn % 3], start - 10 * DAY)
    if variant["prior_line"]:
        choices = chart.catalogue.drugs["prior_lines"]
        line(chart, choices[chart.turn % len(choices)][:1], start, 2 + chart.turn % 2)


def _combination(variant: Json, chart: Chart, first: date, gap: timedelta, treated: date) -> list[Json]:
    """The two components as the variant has them in the record; returns what stands as really taken."""
    drugs = chart.catalogue.drugs["infusions"]
    drug = drugs[chart.turn % len(drugs)]
    oral_start, infusion_start = (first, first + gap) if gap >= timedelta() else (first - gap, first)
    stopped = treated if variant["first_days"] is None else first + timedelta(days=variant["first_days"] - 1)
    oral_end = stopped if oral_start < infusion_start else treated
    infusion_end = stopped if infusion_start < oral_start else treated
    taken = []
    if variant["oral"] != "none":
        oral = oral_course(chart, oral_start, oral_end, status=variant["oral"])
        taken += [oral] if variant["oral"] == TAKEN else []
    match variant["infusion"]:
        case "none":
            pass
        case "do-not-perform":
            order = chart.catalogue.drug_concept(drug, chart.turn)
            request(chart, order, infusion_start, status="active", doNotPerform=True)
        case "corrected":
            for given in infusion_course(chart, drug, infusion_start, infusion_end):
                chart.amend(given.administration, status="entered-in-error")
        case status:
            course = infusion_course(chart, drug, infusion_start, infusion_end, status=status)
            taken += [course[0].administration] if status == TAKEN else []
    return taken


def _other_drug(chart: Chart, index: date, treated: date) -> list[Json]:
    """Treatment with neither component."""
    drugs = chart.catalogue.drugs
    if chart.turn % 2:
        line(chart, drugs["later_lines"][chart.turn % len(drugs["later_lines"])], index, 3)
        return []
    body = {
        "status": TAKEN,
        "medicationCodeableConcept": chart.catalogue.drug_concept(drugs["other_oral"][0], chart.turn),
        "subject": chart.subject,
        "effectivePeriod": {"start": index.isoformat(), "end": treated.isoformat()},
    }
    return [chart.add("MedicationStatement", "other", treated, body)]


def _observe(chart: Chart, index: date, treated: date) -> None:
    """Performance status, laboratory, blood pressure and a few scans with their sums or recorded responses."""
    performance_status(chart, index - DAY)
    seen = visit(chart, "clinic", index)
    laboratory(chart, index, seen)
    blood_pressure(chart, index, seen)
    days = scan_days((treated - index).days, chart.random, stable_from=0)[:3]
    response = chart.random.choice(("PR", "SD", "SD"))
    measured = sums(response, len(days) - 1, chart.random, progresses=chart.turn % 3 == 0)
    style = ("loinc", "ncit", "text")[chart.turn % 3]
    for number, day in enumerate(days):
        on = index + timedelta(days=day)
        scan(chart, on, measured[number], "mm", in_visit(None))
        if number and chart.turn % 2:
            recorded_response(chart, on, timepoint_response(measured[: number + 1]), style, in_visit(None))
