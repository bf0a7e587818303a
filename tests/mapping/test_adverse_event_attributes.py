"""AdverseEvent -> what is said about it, as observations linked to it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from support.adverse_events import BACKPORT, CTCAE, CUSTOM, NCIT, RESEARCH, concept, criterion, event

ATTRIBUTE = "slot, observation_concept_id, value_as_number, value_as_concept_id, value_as_string"
VALUE = "slot, value_as_concept_id"
THO = "http://terminology.hl7.org/CodeSystem"
# The ICH codes that the examples of the R4 backport guide send.
ICH = "urn:oid:2.16.840.1.113883.3.989.2.1.1.19"


def test_attributes_are_linked_to_the_event(mapped: Any) -> None:
    found = mapped(
        event(
            extension=[{"url": f"{BACKPORT}/ae-grade", "valueCodeableConcept": concept(NCIT, "C41340")}],
            seriousness=concept(f"{THO}/adverse-event-seriousness", "serious"),
            severity=concept(f"{THO}/adverse-event-severity", "moderate"),
            outcome=concept(f"{THO}/adverse-event-outcome", "resolved"),
        )
    )
    assert found.rows("observation", ATTRIBUTE) == [
        ("grade", CUSTOM + 50, 3, 763791, "C41340"),
        ("outcome", CUSTOM + 53, None, CUSTOM + 68, "resolved"),
        ("seriousness", CUSTOM + 51, None, CUSTOM + 60, "serious"),
        ("severity", CUSTOM + 52, None, CUSTOM + 63, "moderate"),
    ]
    columns = "observation_event_id, obs_event_field_concept_id, observation_date, observation_source_value"
    assert found.rows("observation", columns, "slot = 'grade'") == [
        ("condition_occurrence:main/AdverseEvent/a1#0", 1147127, date(2024, 3, 4), "ae-grade")
    ]


@pytest.mark.parametrize(
    ("element", "code", "expected"),
    [
        ("seriousness", concept(f"{THO}/adverse-event-seriousness", "Non-serious"), 61),
        ("seriousness", concept(NCIT, "C41335"), 60),
        ("seriousness", concept(NCIT, "C41336"), 61),
        ("outcome", concept(f"{THO}/adverse-event-outcome", "ongoing"), 66),
        ("outcome", concept(f"{THO}/adverse-event-outcome", "unknown"), 89),
        ("outcome", concept(NCIT, "C49496"), 69),
        ("outcome", concept(ICH, "notrecoveredorresolved"), 66),
        ("outcome", concept(ICH, "recoveredorresolved"), 68),
        ("severity", concept(f"{THO}/adverse-event-severity", "mild"), 62),
    ],
)
def test_codes(mapped: Any, element: str, code: dict[str, Any], expected: int) -> None:
    assert mapped(event(**{element: code})).rows("observation", VALUE) == [(element, CUSTOM + expected)]


def test_the_criteria_of_seriousness(mapped: Any) -> None:
    found = mapped(
        event(
            extension=[
                criterion("C11338", present=False),
                criterion("C83052"),
                criterion("C84266", guide=RESEARCH),
                criterion("C82521", present=None),
                {"url": f"{CTCAE}/adverse-event-seriousness-outcome", "valueCodeableConcept": concept(NCIT, "C113380")},
            ]
        )
    )
    assert found.rows("observation", f"{VALUE}, observation_concept_id") == [
        ("seriousness-criterion0", CUSTOM + 84, CUSTOM + 56),
        ("seriousness-criterion1", CUSTOM + 83, CUSTOM + 56),
        ("seriousness-criterion2", CUSTOM + 87, CUSTOM + 56),
        ("seriousness-criterion3", CUSTOM + 85, CUSTOM + 56),
    ]


def test_an_unknown_criterion_is_kept_unmapped(mapped: Any) -> None:
    found = mapped(event(extension=[criterion("C1")]))
    assert found.rows("observation", f"{VALUE}, value_source_value") == [("seriousness-criterion0", 0, "C1")]
