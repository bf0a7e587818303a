"""Which lesion an Observation is about: a pseudonym in a row of its own, to which the other rows point."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mapping.test_observation import CUSTOM, LOINC, concept, observation

ONCO = "urn:onco-registry:concept"
LESION, SHORT_AXIS, ROLE, STATE = (CUSTOM + offset for offset in (203, 204, 205, 206))
LONGEST = 3046581
FIELD = 1147138


def seen(focus: Any, **elements: Any) -> dict[str, Any]:
    code = concept(LOINC, "33728-7")
    return observation(code, focus=[focus], valueQuantity={"value": 12.5, "unit": "mm", "code": "mm"}, **elements)


def pseudonyms(mapped: Any, *focuses: Any) -> list[Any]:
    found = mapped(*(seen(focus, id=f"o{number}") for number, focus in enumerate(focuses)))
    names = dict(found.rows("measurement", "resource, value_source_value", f"measurement_concept_id = {LESION}"))
    return [names.get(f"main/Observation/o{number}") for number in range(len(focuses))]


def test_a_diameter_points_to_the_row_of_its_lesion(mapped: Any) -> None:
    found = mapped(seen({"reference": "BodyStructure/b1"}))
    columns = (
        "slot, measurement_concept_id, value_as_number, measurement_event_id, meas_event_field_concept_id, person_id,"
        " measurement_date::VARCHAR"
    )
    assert found.rows("measurement", columns) == [
        ("", LONGEST, 12.5, "measurement:main/Observation/o1#lesion", FIELD, "main/Patient/p1", "2024-02-03"),
        ("lesion", LESION, None, None, None, "main/Patient/p1", "2024-02-03"),
    ]


def test_components_of_a_tumour_size_point_to_it(mapped: Any) -> None:
    def answer(question: str, code: str) -> dict[str, Any]:
        return {"code": concept(ONCO, question), "valueCodeableConcept": concept(ONCO, code)}

    found = mapped(
        observation(
            concept(LOINC, "21889-1"),
            focus=[{"reference": "BodyStructure/b1"}],
            component=[
                {
                    "code": concept(ONCO, "lesion-short-axis"),
                    "valueQuantity": {"value": 1.6, "unit": "cm", "code": "cm"},
                },
                answer("lesion-role", "lesion-target"),
                answer("lesion-state", "lesion-present"),
            ],
        )
    )
    lesion = "measurement:main/Observation/o1#lesion"
    columns = "slot, measurement_concept_id, value_as_number, unit_concept_id, measurement_event_id"
    assert found.rows("measurement", columns) == [
        ("component0", SHORT_AXIS, 16, 8588, lesion),
        ("lesion", LESION, None, None, None),
    ]
    columns = "slot, observation_concept_id, value_as_concept_id, observation_event_id, obs_event_field_concept_id"
    assert found.rows("observation", columns) == [
        ("component1", ROLE, CUSTOM + 207, lesion, FIELD),
        ("component2", STATE, CUSTOM + 210, lesion, FIELD),
    ]


def test_a_lesion_has_one_pseudonym_that_tells_nothing(mapped: Any) -> None:
    by_identifier = {"type": "BodyStructure", "identifier": {"system": "urn:site", "value": "Wang Fang, liver 2"}}
    one, again, absolute, other, site, site_again = pseudonyms(
        mapped,
        {"reference": "BodyStructure/b1"},
        {"reference": "BodyStructure/b1"},
        {"reference": "https://fhir.example.org/r4/BodyStructure/b1"},
        {"reference": "BodyStructure/b2"},
        by_identifier,
        by_identifier,
    )
    assert one == again == absolute
    assert site == site_again
    assert len({one, other, site}) == 3
    assert all(re.fullmatch("lesion:[0-9a-f]{32}", name) for name in (one, other, site))


@pytest.mark.parametrize(
    "focus",
    [
        {"reference": "Patient/p2"},
        {"reference": "Device/d1"},
        {"identifier": {"system": "urn:site", "value": "7"}},
        {"display": "liver"},
    ],
)
def test_another_focus_is_no_lesion(mapped: Any, focus: dict[str, Any]) -> None:
    found = mapped(seen(focus))
    assert found.row("measurement", "measurement_event_id, meas_event_field_concept_id") == (None, None)
    assert found.rows("observation", "slot") == []
