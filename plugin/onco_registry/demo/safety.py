"""Adverse events: terms, CTCAE grades in the spellings of three guides, and the suspected drug with its causality."""

from __future__ import annotations

from datetime import date, timedelta

from onco_registry.demo.catalogue import Json
from onco_registry.demo.chart import Chart, reference


def related_events(chart: Chart, worst: int, suspects: list[Json], first: date, last: date) -> list[Json]:
    """Treatment-related events between two days, one of them of grade ``worst`` and none above it; none if it is 0."""
    if worst == 0:
        return []
    terms = _drawn_terms(chart)
    events = []
    for number, term in enumerate(terms):
        grade = worst if number == chart.turn % len(terms) else min(worst, 1 + (chart.turn + number) % 2)
        onset = _day_between(chart, first, last)
        if grade == worst and chart.turn % 5 == 0:
            # A milder entry of the same term first: a table by patient and term must count the worst once.
            milder = _day_between(chart, first, onset)
            events.append(related_event(chart, term, 1, suspects, milder))
        events.append(related_event(chart, term, grade, suspects, onset))
    return events


def _drawn_terms(chart: Chart) -> list[str]:
    """Each term affects ``weight`` of ten patients; every patient drawn has at least the commonest."""
    spellings = chart.catalogue.events["terms"]
    drawn = [
        term
        for place, (term, spelling) in enumerate(spellings.items())
        if (7 * chart.turn + 3 * place) % 10 < spelling["weight"]
    ]
    return drawn or [next(iter(spellings))]


def _day_between(chart: Chart, first: date, last: date) -> date:
    return first + timedelta(days=chart.random.randint(0, max(0, (last - first).days)))


def related_event(chart: Chart, term: str, grade: int, suspects: list[Json], day: date) -> Json:
    """One event attributed to the suspects."""
    spellings = chart.catalogue.events["terms"][term]["spellings"]
    causes = chart.catalogue.events["related"]
    return event(chart, spellings[chart.turn % len(spellings)], grade, suspects, causes[chart.turn % len(causes)], day)


def unrelated_event(chart: Chart, grade: int, suspects: list[Json], day: date) -> Json:
    """One event judged not to be caused by the suspects."""
    spellings = chart.catalogue.events["unrelated"]
    causes = chart.catalogue.events["unrelated_causality"]
    return event(chart, spellings[chart.turn % len(spellings)], grade, suspects, causes[chart.turn % len(causes)], day)


def event(
    chart: Chart, term: Json, grade: int, suspects: list[Json], cause: Json, day: date, *, actuality: str = "actual"
) -> Json:
    """AdverseEvent in R4 shape; every fourth patient's suspects stand in the backport guide's extension instead."""
    catalogue = chart.catalogue
    outcomes = catalogue.events["outcomes"]
    causality = catalogue.concept(cause)
    body: Json = {
        "extension": [_grade(chart, grade)],
        "actuality": actuality,
        "event": catalogue.concept(term),
        "subject": chart.subject,
        **_dates(chart, day),
        "seriousness": catalogue.concept(catalogue.events["seriousness"]["serious" if grade > 2 else "non-serious"]),
        "severity": catalogue.concept(catalogue.events["severity"][min(grade, 3)]),
        "outcome": catalogue.concept(outcomes[(chart.turn + grade) % len(outcomes)]),
    }
    if chart.turn % 4 == 3:
        body["extension"] += [_suspect_extension(chart, suspect, causality) for suspect in suspects]
    else:
        body["suspectEntity"] = [
            {"instance": reference(suspect), "causality": [{"assessment": causality}]} for suspect in suspects
        ]
    return chart.add("AdverseEvent", "ae", day, body)


def _grade(chart: Chart, grade: int) -> Json:
    spellings = chart.catalogue.events["grade_extensions"]
    spelling = spellings[chart.turn % len(spellings)]
    coding = chart.catalogue.coding(spelling["system"], spelling["codes"][grade], f"Grade {grade}")
    return {"url": spelling["url"], "valueCodeableConcept": {"coding": [coding]}}


def _dates(chart: Chart, day: date) -> Json:
    """The onset, in one of the three elements a hospital may fill."""
    recorded = {"recordedDate": (day + timedelta(days=1)).isoformat()}
    match chart.turn % 6:
        case 4:
            return {"detected": chart.moment(day), **recorded}
        case 5:
            return {"recordedDate": day.isoformat()}
        case _:
            return {"date": chart.moment(day), **recorded}


def _suspect_extension(chart: Chart, suspect: Json, causality: Json) -> Json:
    return {
        "url": chart.catalogue.events["suspect_extension"],
        "extension": [
            {"url": "instance", "valueReference": reference(suspect)},
            {"url": "causality", "extension": [{"url": "entityRelatedness", "valueCodeableConcept": causality}]},
        ],
    }


def withdraw(chart: Chart, resource: Json) -> Json:
    """Mark an AdverseEvent, which has no status in R4, as entered in error on the second night."""
    status = {"url": chart.catalogue.events["status_extension"], "valueCode": "entered-in-error"}
    return chart.amend(resource, modifierExtension=[status])
