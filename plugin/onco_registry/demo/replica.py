"""One replica patient's chart: the record of a patient whose response, PFS and OS follow the plan to the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from onco_registry.demo.catalogue import Json, ReplicaPlan, errata
from onco_registry.demo.chart import DATA_CUT, Chart, reference
from onco_registry.demo.imaging import recorded_response, scan, scan_days, sums, timepoint_response
from onco_registry.demo.person import birth_date, diagnose, in_visit, patient, ruled_out, visit
from onco_registry.demo.safety import event, related_events, unrelated_event, withdraw
from onco_registry.demo.therapy import CYCLE, infusion, infusion_course, line, oral_course
from onco_registry.demo.visits import blood_pressure, laboratory, performance_status

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timeline:
    """The dates that the plan fixes, and those that follow from them.

    ``assessed`` is the day of the last scan up to progression; ``treated`` the end of treatment; ``last`` the day of
    death, or of the last contact.
    """

    index: date
    oral: date
    infusion: date
    assessed: date
    progressed: bool
    treated: date
    last: date

    @property
    def first(self) -> date:
        """First dose of either component."""
        return min(self.oral, self.infusion)


def timeline(plan: ReplicaPlan, chart: Chart) -> Timeline:
    """Dates from the plan; survival times count end - start + 1."""
    index = plan.index_date
    end = index + timedelta(days=plan.pfs_days - 1)
    last = index + timedelta(days=plan.os_days - 1)
    died_first = plan.pfs_event and plan.os_event and end == last
    assessed = end - timedelta(days=chart.random.randint(16, 50)) if died_first else end
    lead = timedelta(days=abs(plan.lead_days))
    return Timeline(
        index=index,
        oral=index - lead if plan.lead_days > 0 else index,
        infusion=index - lead if plan.lead_days < 0 else index,
        assessed=assessed,
        progressed=plan.pfs_event and not died_first,
        treated=min(assessed + timedelta(days=chart.random.randint(2, 9)), last - DAY),
        last=last,
    )


def replica_chart(plan: ReplicaPlan, chart: Chart) -> None:
    """Write the whole record of one replica patient."""
    times = timeline(plan, chart)
    identity(plan, chart, times)
    history(plan, chart, times)
    suspects = treatment(plan, chart, times)
    scans(plan, chart, times)
    safety(plan, chart, times, suspects)
    follow_up(plan, chart, times)


def identity(plan: ReplicaPlan, chart: Chart, times: Timeline) -> None:
    """The Patient, with the death; a death learned of late comes with the second version."""
    birth = birth_date(chart, times.index, (23, 69), partial=chart.turn % 6 == 0)
    death = {"deceasedDateTime": chart.moment(times.last)} if plan.os_event else {}
    kinds = errata(plan.id)
    known = times.last if death and "late_death" not in kinds else times.first
    person = patient(chart, birth, known, **({} if "late_death" in kinds else death))
    if "late_death" in kinds:
        chart.amend(person, **death)
    if "resent" in kinds:
        chart.resend(person)


def history(plan: ReplicaPlan, chart: Chart, times: Timeline) -> None:
    """Tumour, spread, and one or two earlier lines that end well before the combination starts."""
    choices = chart.catalogue.drugs["prior_lines"]
    start = times.first - timedelta(days=chart.random.randint(150, 210))
    spread_on = start - timedelta(days=14)
    if chart.turn % 4 == 0:
        earlier = start - timedelta(days=chart.random.randint(170, 230))
        spread_on = earlier - timedelta(days=14)
        line(chart, choices[(chart.turn + 2) % len(choices)], earlier, 3)
    onset = spread_on - timedelta(days=chart.random.randint(60, 500))
    diagnose(chart, plan.subtype, plan.topography, onset, plan.metastasis, spread_on)
    if chart.turn % 8 == 1:
        ruled_out(chart, onset - timedelta(days=30))
    last = line(chart, choices[chart.turn % len(choices)], start, chart.random.randint(2, 5))
    if chart.turn % 3 == 0:
        infusion(chart, chart.catalogue.drugs["supportive"], last)


def treatment(plan: ReplicaPlan, chart: Chart, times: Timeline) -> list[Json]:
    """Both components, and what is measured at the infusion visits; returns the suspects of adverse events."""
    kinds = errata(plan.id)
    if "duplicate_infusion" in kinds:
        mistaken = infusion(chart, plan.infusion, times.index - timedelta(days=14))
        chart.amend(mistaken, status="entered-in-error")
    oral = oral_course(chart, times.oral, times.treated)
    course = infusion_course(chart, plan.infusion, times.infusion, times.treated)
    if chart.turn % 5 == 2:
        infusion(chart, plan.infusion, times.treated, status="not-done")
    performance_status(chart, times.index - 2 * DAY)
    for number, given in enumerate(course):
        if number % 3 == 0:
            tests = laboratory(chart, given.day, given.visit)
            if number == 0 and "mistyped_laboratory" in kinds:
                _mistype(chart, tests[0], 10, status="amended")
        if number % 2 == 0:
            blood_pressure(chart, given.day, given.visit)
        if number % 4 == 2:
            performance_status(chart, given.day, given.visit)
    first = course[0].administration
    return [oral, first] if chart.turn % 2 else [first]


def _mistype(chart: Chart, right: Json, factor: float, status: str) -> None:
    """Let the first night have the value times ``factor``, and the second night the right one."""
    chart.amend(right, status=status)
    quantity = right["valueQuantity"]
    right["valueQuantity"] = {**quantity, "value": int(quantity["value"] * factor)}


def scans(plan: ReplicaPlan, chart: Chart, times: Timeline) -> None:
    """Scans from baseline to the last assessment, and for some one more after progression."""
    days = scan_days((times.assessed - times.index).days, chart.random)
    measured = sums(plan.response, len(days) - 1, chart.random, progresses=times.progressed)
    progression = len(days) - 1 if times.progressed else None
    if times.progressed and chart.turn % 3 == 0 and times.last - times.assessed > timedelta(days=60):
        days.append(days[-1] + chart.random.randint(42, 50))
        measured.append(measured[-1] + chart.random.randint(2, 20))
    for number, day in enumerate(days):
        response = timepoint_response(measured[: number + 1]) if number else None
        if progression is not None and number > progression:
            response = "PD"
        _scan(plan, chart, times.index + timedelta(days=day), measured[number], response)


def _scan(plan: ReplicaPlan, chart: Chart, day: date, total: int, response: str | None) -> None:
    kinds = errata(plan.id)
    seen = visit(chart, "clinic", day)
    late = response == "PD" and "late_progression" in kinds
    measured = scan(chart, day, total, plan.sum_record, in_visit(seen), late=late)
    if response is None:
        _report(chart, day, measured)
        return
    if "mistyped_sum" in kinds and response != "PD":
        _mistype(chart, measured, 0.5, status="corrected")
    if plan.response_style == "sums":
        return
    preliminary = response == "PD" and "preliminary_response" in kinds
    status = "preliminary" if preliminary else "final"
    read = recorded_response(chart, day, response, plan.response_style, in_visit(seen), late=late, status=status)
    if preliminary:
        chart.amend(read, status="final")


def _report(chart: Chart, day: date, measured: Json) -> None:
    """A DiagnosticReport of the baseline scan: a type that the pipeline counts as unsupported."""
    body = {
        "status": "final",
        "code": chart.catalogue.concept(chart.catalogue.codes["report"]),
        "subject": chart.subject,
        "effectiveDateTime": chart.moment(day),
        "result": [reference(measured)],
    }
    chart.add("DiagnosticReport", "report", day, body)


def safety(plan: ReplicaPlan, chart: Chart, times: Timeline, suspects: list[Json]) -> None:
    """Related events as planned; unrelated ones, one of which is of grade 3; one withdrawn and one only potential."""
    kinds = errata(plan.id)
    related_events(chart, plan.worst_related_grade, suspects, times.first + 4 * DAY, times.treated)
    if chart.turn % 4 == 1:
        unrelated_event(chart, 3 if chart.turn == 13 else 2, suspects, times.index + 10 * DAY)
    term = next(iter(chart.catalogue.events["terms"].values()))["spellings"][0]
    cause = chart.catalogue.events["related"][0]
    if "withdrawn_event" in kinds:
        withdraw(chart, event(chart, term, 4, suspects, cause, times.index + 12 * DAY))
    if "potential_event" in kinds:
        event(chart, term, 3, suspects, cause, times.index + 12 * DAY, actuality="potential")


def follow_up(plan: ReplicaPlan, chart: Chart, times: Timeline) -> None:
    """A later line after progression, visits, and the last contact or the admission in which the patient died."""
    kinds = errata(plan.id)
    start = times.assessed + timedelta(days=chart.random.randint(14, 24))
    cycles = min(4, (times.last - start - 3 * DAY) // CYCLE)
    if times.progressed and cycles > 0 and chart.turn % 2:
        choices = chart.catalogue.drugs["later_lines"]
        line(chart, choices[chart.turn % len(choices)], start, cycles)
    day = times.treated + timedelta(days=70)
    while day < times.last - timedelta(days=20):
        performance_status(chart, day, visit(chart, "telephone" if chart.turn % 2 else "clinic", day))
        day += timedelta(days=84)
    if plan.os_event:
        if times.treated < times.last - timedelta(days=6):
            visit(chart, "ward", times.last - timedelta(days=4), days=5)
    else:
        visit(chart, "telephone" if chart.turn % 3 else "clinic", times.last)
    if "planned_visit" in kinds:
        visit(chart, "clinic", times.last + timedelta(days=28), status="planned")
    if "visit_after_cut" in kinds:
        visit(chart, "clinic", DATA_CUT + timedelta(days=7))
