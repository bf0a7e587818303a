"""Adverse events of the replica patients, read from the NDJSON: related, worst grade, commonest terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from demo.reading import Chart, Json, keys, spellings

GRADES = {"C41338": 1, "C41339": 2, "C41340": 3, "C41337": 4, "C48275": 5, **{str(n): n for n in range(1, 6)}}
RELATED = {"C53260", "C53258", "certain", "probably-likely", "possible"}
SUSPECT = "http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/suspect-entity"


class Event(NamedTuple):
    patient: str
    term: str
    grade: int
    related: bool


@pytest.fixture(scope="module")
def events(final: dict[str, Chart]) -> list[Event]:
    """The valid, actual events of the 32."""
    patients = [f"p{number:03d}" for number in range(1, 33)]
    return [event for patient in patients for event in read_events(patient, final[patient])]


def read_events(patient: str, chart: Chart) -> Iterator[Event]:
    for resource in chart.of("AdverseEvent"):
        if resource["actuality"] == "actual" and "modifierExtension" not in resource:
            yield Event(patient, term(resource), grade(resource), bool(causality(resource) & RELATED))


def term(resource: Json) -> str:
    """The term's key in adverse_events.yaml, or a blank for an unrelated one."""
    for key, spelling in spellings("adverse_events")["terms"].items():
        for one in spelling["spellings"]:
            if keys(resource["event"]) & ({coding[1] for coding in one.get("codings", [])} | {one.get("text")}):
                return str(key)
    return ""


def grade(resource: Json) -> int:
    found = [e for e in resource["extension"] if e["url"].endswith("-grade")]
    return GRADES[keys(found[0]["valueCodeableConcept"]).pop()]


def causality(resource: Json) -> set[str]:
    found: set[str] = set()
    for suspect in resource.get("suspectEntity", []):
        found |= keys(suspect["causality"][0]["assessment"])
    for extension in (e for e in resource["extension"] if e["url"] == SUSPECT):
        inner = next(e for e in extension["extension"] if e["url"] == "causality")
        found |= keys(inner["extension"][0]["valueCodeableConcept"])
    return found


def test_related_patients_and_worst_grades(events: list[Event]) -> None:
    worst: Counter[str] = Counter()
    for event in events:
        if event.related:
            worst[event.patient] = max(worst[event.patient], event.grade)
    assert len(worst) == 29
    assert Counter(worst.values()) == {3: 12, 4: 1, 1: 8, 2: 8}


def test_commonest_terms_come_in_order(events: list[Event]) -> None:
    patients = {(event.patient, event.term) for event in events if event.related}
    common = Counter(key for _, key in patients).most_common(6)
    assert [key for key, _ in common[:5]] == list(spellings("adverse_events")["terms"])[:5]
    assert [affected for _, affected in common] == sorted({affected for _, affected in common}, reverse=True)


def test_unrelated_events_would_change_the_counts(events: list[Event]) -> None:
    related = {event.patient for event in events if event.related}
    severe = {event.patient for event in events if event.related and event.grade >= 3}
    others = [event for event in events if not event.related]
    assert {event.patient for event in others} - related == {"p029"}
    assert {event.patient for event in others if event.grade >= 3} - severe == {"p013"}
