"""Values of an Observation that a table has no column for, or that say the opposite of its code."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

SNOMED = "http://snomed.info/sct"
LOCAL = "http://example.org/item"
NO = 2_000_000_081


def observation(system: str, code: str, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-02-03",
        **elements,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"valueBoolean": False}, (316866, NO, None, "false", "false")),
        ({"valueCodeableConcept": {"coding": [{"system": LOCAL, "code": "NO"}]}}, (316866, 0, None, "NO", "NO")),
        ({"valueInteger": 0}, (316866, None, 0, "0", None)),
        ({"valueDateTime": "2019"}, (316866, None, None, "2019", "2019")),
    ],
)
def test_a_condition_with_another_answer_than_yes_stays_an_observation(
    mapped: Any, value: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    found = mapped(observation(SNOMED, "38341003", **value))
    columns = "observation_concept_id, value_as_concept_id, value_as_number, value_source_value, value_as_string"
    assert found.row("observation", columns) == expected
    assert found.rows("condition_occurrence", "1") == []


@pytest.mark.parametrize(
    "value", [{}, {"valueBoolean": True}, {"valueString": "Positive"}, {"valueCodeableConcept": {"text": "阳性"}}]
)
def test_a_condition_that_is_there_follows_its_domain(mapped: Any, value: dict[str, Any]) -> None:
    found = mapped(observation(SNOMED, "38341003", **value))
    assert found.rows("condition_occurrence", "condition_concept_id") == [(316866,)]
    assert found.rows("observation", "1") == []


def test_what_was_answered_of_a_component_stays_with_it(mapped: Any) -> None:
    hypertension = {"coding": [{"system": SNOMED, "code": "38341003"}]}
    found = mapped(
        observation(
            LOCAL,
            "HISTORY",
            component=[{"code": hypertension, "valueBoolean": False}, {"code": hypertension, "valueBoolean": True}],
        )
    )
    assert found.rows("observation", "slot, value_source_value") == [("component0", "false")]
    assert found.rows("condition_occurrence", "slot") == [("component1",)]


def test_a_range_open_at_one_side_is_a_bound(mapped: Any) -> None:
    ranges = ({"low": {"value": 5, "code": "mm"}}, {"high": {"value": 5, "code": "mm"}}, {"low": {"code": "mm"}})
    found = mapped(*(observation(LOCAL, "X", id=f"o{n}", valueRange=r) for n, r in enumerate(ranges)))
    columns = "operator_concept_id, value_as_number, value_source_value, unit_concept_id"
    assert found.rows("measurement", columns) == [(4171755, 5, ">=5", 8588), (4171754, 5, "<=5", 8588)]
    assert found.rows("observation", "value_as_number, value_source_value") == [(None, None)]


def ratio(*sides: dict[str, Any]) -> dict[str, Any]:
    return {"valueRatio": dict(zip(("numerator", "denominator"), sides, strict=True))}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            ratio({"value": 10, "comparator": "<", "code": "mg"}, {"value": 2, "code": "mL"}),
            (None, None, "<10 mg:2 mL"),
        ),
        (ratio({"value": 1, "comparator": "<"}, {"value": 4}), (4171756, 0.25, "<1:4")),
        (ratio({"value": 1}, {"value": 4, "comparator": "<"}), (None, None, "1:<4")),
        (ratio({"value": 1, "code": "mg"}, {"value": 4, "unit": "mg", "code": "mg"}), (None, 0.25, "1 mg:4 mg")),
        (ratio({"value": 1, "code": "mg"}, {"value": 4}), (None, None, "1 mg:4")),
        (ratio({"value": 1}, {"value": 0}), (None, None, "1:0")),
        (ratio({"value": 1}, {}), (None, None, "1:")),
    ],
)
def test_a_ratio_keeps_comparators_and_units(mapped: Any, value: dict[str, Any], expected: tuple[Any, ...]) -> None:
    laboratory = [{"coding": [{"code": "laboratory"}]}]
    found = mapped(observation(LOCAL, "X", category=laboratory, **value))
    assert found.row("measurement", "operator_concept_id, value_as_number, value_source_value") == expected


def test_a_unit_of_a_ratio_that_reads_as_no_code_leaves_a_hash(mapped: Any) -> None:
    found = mapped(observation(LOCAL, "X", **ratio({"value": 1, "unit": "tablets of Dr Wang"}, {"value": 4})))
    (value,) = found.row("observation", "value_source_value")
    assert value.startswith("1 text:")
    assert value.endswith(":4")


def test_the_table_without_an_operator_says_it_in_the_text(mapped: Any) -> None:
    found = mapped(observation(SNOMED, "38341003", valueQuantity={"value": 5, "comparator": "<"}))
    assert found.row("observation", "value_as_number, value_as_string") == (5, "<5")


@pytest.mark.parametrize("side", ["numerator", "denominator"])
def test_comparators_of_a_ratio_are_checked(mapped: Any, side: str) -> None:
    value: dict[str, dict[str, Any]] = {"numerator": {"value": 1}, "denominator": {"value": 2}}
    value[side]["comparator"] = "Wang"
    assert mapped(observation(LOCAL, "X", valueRatio=value)).reasons == {"main/Observation/o1": "invalid-comparator"}
    found = mapped(observation(LOCAL, "X", id="o2", component=[{"valueRatio": value}]))
    assert found.reasons["main/Observation/o2"] == "invalid-comparator"


def test_issued_after_the_end_gives_way_to_the_end(mapped: Any) -> None:
    issued, end = "2024-02-10T08:00:00+08:00", {"end": "2024-02-03T10:00:00+08:00"}
    undated = observation(LOCAL, "X", effectiveDateTime=None, issued=issued)
    found = mapped(
        {**undated, "id": "a", "effectivePeriod": end},
        {**undated, "id": "b", "effectivePeriod": {"end": "2024-01"}},
        {**undated, "id": "c", "effectivePeriod": {"end": "2024-02"}},
        {**undated, "id": "d", "effectivePeriod": {"start": "2024-02-20", **end}},
    )
    assert found.reasons == {"main/Observation/d": "end-before-start"}
    assert found.rows("observation", "observation_date, observation_datetime, derivation") == [
        (date(2024, 2, 3), datetime(2024, 2, 3, 10), "date: effectivePeriod.end"),
        (date(2024, 1, 1), datetime(2024, 1, 1), "date: effectivePeriod.end; precision: month"),
        (date(2024, 2, 10), datetime(2024, 2, 10, 8), "date: issued"),
    ]
