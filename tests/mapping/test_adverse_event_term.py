"""AdverseEvent -> the row of its term: the table, the type, the dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from support.adverse_events import BACKPORT, CUSTOM, MEDDRA, NCIT, RESEARCH, concept, event

GRADE = {"url": f"{BACKPORT}/ae-grade", "valueCodeableConcept": concept(NCIT, "C41338")}
LINK = "slot, observation_concept_id, observation_event_id, obs_event_field_concept_id"


@pytest.mark.parametrize("guide", [BACKPORT, RESEARCH])
def test_event(mapped: Any, guide: str) -> None:
    resolved = {"url": f"{guide}/resolve-date", "valueDateTime": "2024-03-20"}
    found = mapped(event(extension=[resolved], encounter={"reference": "Encounter/e1"}))
    columns = (
        "resource, slot, derivation, person_id, visit_occurrence_id, condition_concept_id, condition_start_date,"
        " condition_end_date, condition_type_concept_id, condition_source_value"
    )
    assert found.row("condition_occurrence", columns) == (
        "main/AdverseEvent/a1", "0", None, "main/Patient/p1", "main/Encounter/e1", 316866, date(2024, 3, 4),
        date(2024, 3, 20), 32817, "10020772",
    )  # fmt: skip
    assert found.rows("observation", "slot") == []


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (concept(MEDDRA, "10054524"), CUSTOM + 100),
        (concept("http://terminology.hl7.org/CodeSystem/MDRAE", "10054524"), CUSTOM + 100),
        (concept("http://snomed.info/sct", "271807003"), 140214),
        ({"text": "皮疹"}, 140214),
        ({"text": "Dermal toxicity"}, 140214),
        ({"text": "手足综合征"}, CUSTOM + 100),
        ({"text": "Hand-foot syndrome"}, CUSTOM + 100),
        ({"text": "乏力"}, 4223659),
        (concept(MEDDRA, "99999999"), 0),
    ],
)
def test_terms(mapped: Any, term: dict[str, Any], expected: int) -> None:
    assert mapped(event(event=term)).row("condition_occurrence", "condition_concept_id") == (expected,)


def test_an_event_of_the_domain_observation(mapped: Any) -> None:
    found = mapped(event(event=concept("http://snomed.info/sct", "89362005"), extension=[GRADE]))
    assert found.rows("condition_occurrence", "slot") == []
    assert found.rows("observation", LINK) == [
        ("0", 4229881, None, None),
        ("grade", CUSTOM + 50, "observation:main/AdverseEvent/a1#0", 0),
    ]


def test_an_event_of_the_domain_measurement(mapped: Any) -> None:
    # 36769180: metastasis, a Cancer Modifier.
    found = mapped(event(event=concept("http://snomed.info/sct", "399409002"), extension=[GRADE]))
    assert found.rows("condition_occurrence", "slot") == []
    assert found.rows("measurement", "slot, measurement_concept_id, measurement_date") == [
        ("0", 36769180, date(2024, 3, 4))
    ]
    assert found.rows("observation", LINK) == [
        ("grade", CUSTOM + 50, "measurement:main/AdverseEvent/a1#0", 1147138),
    ]


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({}, 32817),
        ({"study": [{"reference": "ResearchStudy/s1"}]}, 32809),
        (
            {
                "extension": [
                    {
                        "url": f"{BACKPORT}/research-subject-ref",
                        "valueReference": {"reference": "ResearchSubject/r1"},
                    }
                ]
            },
            32809,
        ),
    ],
)
def test_what_was_told_for_a_study_comes_from_its_case_report_form(
    mapped: Any, elements: dict[str, Any], expected: int
) -> None:
    grade = [*elements.get("extension", []), GRADE]
    found = mapped(event(**{**elements, "extension": grade}))
    assert found.rows("condition_occurrence", "condition_type_concept_id") == [(expected,)]
    assert found.rows("observation", "observation_type_concept_id") == [(expected,)]


def test_dates(mapped: Any) -> None:
    found = mapped(
        event(id="a", detected="2024-03-05T23:30:00Z", recordedDate="2024-03-06"),
        event(id="b", date=None, detected="2024-03-05", recordedDate="2024-03-06"),
        event(id="c", date=None, recordedDate="2024-03"),
    )
    assert found.rows("condition_occurrence", "condition_start_date, derivation") == [
        (date(2024, 3, 4), None),
        (date(2024, 3, 5), "date: detected"),
        (date(2024, 3, 1), "date: recordedDate; precision: month"),
    ]
    columns = "resource, slot, observation_concept_id, value_as_string"
    assert found.rows("observation", columns) == [
        ("main/AdverseEvent/a", "detected", CUSTOM + 58, "2024-03-06"),
        ("main/AdverseEvent/a", "recorded", CUSTOM + 59, "2024-03-06"),
        ("main/AdverseEvent/b", "detected", CUSTOM + 58, "2024-03-05"),
        ("main/AdverseEvent/b", "recorded", CUSTOM + 59, "2024-03-06"),
        ("main/AdverseEvent/c", "recorded", CUSTOM + 59, "2024-03-01"),
    ]


def test_an_event_found_after_its_end_began_by_its_end(mapped: Any) -> None:
    def resolved(day: str) -> list[dict[str, str]]:
        return [{"url": f"{BACKPORT}/resolve-date", "valueDateTime": day}]

    found = mapped(
        event(id="a", date=None, recordedDate="2021-06-01", extension=resolved("2021-05-01")),
        event(id="b", date=None, detected="2021-06-01", extension=resolved("2021-05")),
        event(id="c", date=None, recordedDate="2021-05-10", extension=resolved("2021-05")),
        event(id="d", date="2021-06-01", extension=resolved("2021-05-01")),
    )
    assert found.rows("condition_occurrence", "condition_start_date, condition_end_date, derivation") == [
        (date(2021, 5, 1), date(2021, 5, 1), "date: resolved"),
        (date(2021, 5, 1), date(2021, 5, 1), "date: resolved; precision: month; end: precision month"),
        (date(2021, 5, 10), date(2021, 5, 10), "date: recordedDate; end: precision month"),
    ]
    assert found.reasons == {"main/AdverseEvent/d": "end-before-start"}


def test_a_date_that_is_none_is_not_written(mapped: Any) -> None:
    found = mapped(event(detected="told by his neighbour"))
    assert found.rows("observation", "slot, value_as_string") == []
