"""AdverseEvent -> its CTCAE grade, in all spellings."""

from __future__ import annotations

from typing import Any

import pytest

from support.adverse_events import BACKPORT, CTCAE, CUSTOM, NCIT, RESEARCH, concept, event

AE_GRADE = f"{BACKPORT}/ae-grade"
CTCAE_CODES = "http://hl7.org/fhir/us/ctcae/CodeSystem/ctcae-grade-code-system"
VALUE = "observation_concept_id, value_as_number, value_as_concept_id"


@pytest.mark.parametrize(
    ("url", "code", "grade"),
    [
        (AE_GRADE, concept(NCIT, "C41338"), 1),
        (AE_GRADE, concept(NCIT, "C41339"), 2),
        (AE_GRADE, concept(NCIT, "C41340"), 3),
        (AE_GRADE, concept(NCIT, "C41337"), 4),
        (AE_GRADE, concept(NCIT, "C48275"), 5),
        (f"{BACKPORT}/severity-or-grade", concept(f"{BACKPORT}/x", "2"), 2),
        (f"{RESEARCH}/ae-grade", concept(NCIT, "C48275"), 5),
        (f"{RESEARCH}/severity-or-grade", concept("http://example.org/g", "1"), 1),
        (f"{CTCAE}/ctcae-grade", concept(CTCAE_CODES, "3"), 3),
        (AE_GRADE, {"text": "3级"}, 3),
        (AE_GRADE, {"text": "3"}, 3),
        (AE_GRADE, {"text": "CTCAE Grade 4"}, 4),
        (AE_GRADE, {"coding": [{"display": "Grade 4"}]}, 4),
        (AE_GRADE, concept("http://snomed.info/sct", "446421000124109"), 2),
    ],
)
def test_spellings(mapped: Any, url: str, code: dict[str, Any], grade: int) -> None:
    found = mapped(event(extension=[{"url": url, "valueCodeableConcept": code}]))
    assert found.row("observation", "observation_concept_id, value_as_number") == (CUSTOM + 50, grade)


@pytest.mark.parametrize(
    "value",
    [
        {"valueCoding": {"system": NCIT, "code": "C41340"}},
        {"valueCoding": {"code": "3"}},
        {"valueInteger": 3},
        {"valueCode": "3"},
        {"valueString": "3"},
        {"valueString": "Grade 3"},
        {"valueString": "3 级"},
    ],
)
def test_forms_of_the_value(mapped: Any, value: dict[str, Any]) -> None:
    found = mapped(event(extension=[{"url": AE_GRADE, **value}]))
    assert found.row("observation", VALUE) == (CUSTOM + 50, 3, 763791)


@pytest.mark.parametrize(
    "elements",
    [
        {"extension": [{"url": f"{BACKPORT}/x", "extension": [{"url": AE_GRADE, "valueInteger": 3}]}]},
        {"severity": {"extension": [{"url": AE_GRADE, "valueInteger": 3}]}},
    ],
)
def test_a_grade_one_level_down(mapped: Any, elements: dict[str, Any]) -> None:
    found = mapped(event(**elements))
    assert found.row("observation", VALUE, "slot = 'grade'") == (CUSTOM + 50, 3, 763791)


def test_the_severity_is_no_grade(mapped: Any) -> None:
    severity = concept("http://terminology.hl7.org/CodeSystem/adverse-event-severity", "severe")
    found = mapped(event(severity=severity))
    assert found.rows("observation", f"slot, {VALUE}") == [("severity", CUSTOM + 52, None, CUSTOM + 64)]


def test_a_grade_that_is_no_grade_is_kept_unmapped(mapped: Any) -> None:
    found = mapped(
        event(id="a", extension=[{"url": AE_GRADE, "valueCode": "7"}]),
        event(id="b", extension=[{"url": AE_GRADE, "valueString": "as Mr Example says"}]),
    )
    first, second = found.rows("observation", f"{VALUE}, value_source_value")
    assert first == (CUSTOM + 50, None, 0, "7")
    assert second[:3] == (CUSTOM + 50, None, 0)
    assert second[3].startswith("text:")


@pytest.mark.parametrize("value", [{"valueInteger": 0}, {"valueString": "0级"}, {"valueCoding": {"code": "0"}}])
def test_grade_0_is_no_event(mapped: Any, value: dict[str, Any]) -> None:
    found = mapped(event(extension=[{"url": f"{CTCAE}/ctcae-grade", **value}]))
    assert found.reasons == {"main/AdverseEvent/a1": "grade-zero"}


def test_one_code_can_be_a_grade_here_and_an_outcome_there(mapped: Any) -> None:
    found = mapped(event(outcome=concept(NCIT, "C48275")))
    assert found.rows("observation", f"slot, {VALUE}") == [("outcome", CUSTOM + 53, None, CUSTOM + 65)]
