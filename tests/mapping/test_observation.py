"""Observation -> measurement, observation or condition_occurrence, by the domain of its concept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

LOINC = "http://loinc.org"
NCIT = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"
LOCAL = "http://example.org/item"
CUSTOM = 2_000_000_000


def concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def category(code: str) -> list[dict[str, Any]]:
    return [concept("http://terminology.hl7.org/CodeSystem/observation-category", code)]


def observation(code: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": code,
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-02-03T08:30:00+08:00",
        **elements,
    }


def test_laboratory_value(mapped: Any) -> None:
    found = mapped(
        observation(
            concept(LOINC, "1742-6"),
            category=category("laboratory"),
            encounter={"reference": "Encounter/e1"},
            valueQuantity={"value": 41.5, "comparator": ">", "unit": "U/L", "code": "U/L"},
            referenceRange=[{"low": {"value": 7}, "high": {"value": 40}}],
        )
    )
    columns = (
        "resource, slot, derivation, person_id, visit_occurrence_id, measurement_concept_id, measurement_datetime,"
        " measurement_type_concept_id, operator_concept_id, value_as_number, unit_concept_id, unit_source_value,"
        " range_low, range_high, measurement_source_value, value_source_value, measurement_event_id"
    )
    assert found.row("measurement", columns) == (
        "main/Observation/o1", "", None, "main/Patient/p1", "main/Encounter/e1", 3006923, datetime(2024, 2, 3, 8, 30),
        32856, 4172704, 41.5, 0, "U/L", 7, 40, "1742-6", ">41.5", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "limits"),
    [
        ({}, (45.0, 84.0)),
        ({"unit": "umol/L"}, (45.0, 84.0)),
        ({"code": "umol/L"}, (45.0, 84.0)),
        ({"unit": "µmol/l", "code": "UMOL/L"}, (45.0, 84.0)),
        ({"unit": "\u03bcmol/L"}, (45.0, 84.0)),
        ({"unit": ""}, (45.0, 84.0)),
        ({"unit": "mg/dL", "code": "mg/dL"}, (None, None)),
        ({"unit": "mg/dL"}, (None, None)),
    ],
)
def test_a_limit_in_another_unit_is_no_limit_of_the_value(
    mapped: Any, unit: dict[str, str], limits: tuple[float | None, ...]
) -> None:
    found = mapped(
        observation(
            concept(LOINC, "2160-0"),
            valueQuantity={"value": 88, "unit": "µmol/l", "code": "umol/L"},
            referenceRange=[{"low": {"value": 45, **unit}, "high": {"value": 84, **unit}}],
        )
    )
    assert found.row("measurement", "range_low, range_high") == limits


def test_050_053_each_category_has_its_type(mapped: Any) -> None:
    categories = ("exam", "imaging", "laboratory", "social-history", "survey", "vital-signs")
    found = mapped(*(observation(concept(LOCAL, "X"), id=c, category=category(c), valueInteger=1) for c in categories))
    assert found.rows("measurement", "resource, measurement_type_concept_id") == [
        ("main/Observation/exam", 32836),
        ("main/Observation/imaging", 32841),
        ("main/Observation/laboratory", 32856),
        ("main/Observation/social-history", 32817),
        ("main/Observation/survey", 32883),
        ("main/Observation/vital-signs", 32817),
    ]


def test_comparators_and_ranges(mapped: Any) -> None:
    comparators = ("<", "<=", ">", ">=")
    found = mapped(
        *(
            observation(concept(LOCAL, "X"), id=f"o{n}", valueQuantity={"value": 5, "comparator": comparator})
            for n, comparator in enumerate(comparators)
        ),
        observation(
            concept(LOCAL, "X"),
            id="o4",
            component=[{"valueInteger": 5, "referenceRange": [{"low": {"value": 1}}, {"low": {"value": 2}}]}],
        ),
    )
    columns = "operator_concept_id, value_as_number, value_source_value, range_low, range_high"
    assert found.rows("measurement", columns) == [
        (4171756, 5, "<5", None, None),
        (4171754, 5, "<=5", None, None),
        (4172704, 5, ">5", None, None),
        (4171755, 5, ">=5", None, None),
        (None, 5, "5", 1, None),
    ]


def test_sum_of_diameters(mapped: Any) -> None:
    found = mapped(
        observation(
            concept("urn:onco-registry:concept", "target-lesion-sum"),
            valueQuantity={"value": 83, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"},
        )
    )
    columns = "measurement_concept_id, value_as_number, unit_concept_id, value_source_value"
    assert found.row("measurement", columns) == (CUSTOM + 10, 83, 8588, "83")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (concept(LOINC, "LA28366-5"), 1633363),
        (concept(LOINC, "LA28369-9"), 1635152),
        (concept(LOINC, "LA28371-5"), 1635506),
        (concept(LOINC, "LA28370-7"), CUSTOM + 13),
        (concept(LOINC, "LA9348-9"), CUSTOM + 14),
        (concept(NCIT, "C4870"), 1633363),
        (concept(NCIT, "C18058"), 1635152),
        (concept(NCIT, "C18213"), 1635506),
        (concept(NCIT, "C35571"), CUSTOM + 13),
        ({"text": "部分缓解"}, 1635152),
        ({"text": "PD"}, CUSTOM + 13),
        (concept("http://snomed.info/sct", "271299001"), CUSTOM + 17),
    ],
)
def test_overall_response(mapped: Any, answer: dict[str, Any], expected: int) -> None:
    found = mapped(observation(concept(LOINC, "88040-1"), valueCodeableConcept=answer))
    assert found.row("measurement", "measurement_concept_id, value_as_concept_id") == (36305408, expected)


def test_questions_of_response(mapped: Any) -> None:
    questions = [
        concept(LOINC, "21976-6"),
        concept(LOINC, "97509-4"),
        concept("urn:onco-registry:concept", "overall-response"),
        {"text": "总体疗效评价"},
    ]
    found = mapped(
        *(observation(code, id=f"o{n}", valueString="CR") for n, code in enumerate(questions)),
    )
    columns = "measurement_concept_id, value_as_concept_id, value_source_value"
    assert found.rows("measurement", columns) == [
        (CUSTOM + 11, 1633363, "CR"),
        (CUSTOM + 12, 1633363, "CR"),
        (CUSTOM + 11, 1633363, "CR"),
        (CUSTOM + 11, 1633363, "CR"),
    ]


def test_a_test_called_cr_is_no_response(mapped: Any) -> None:
    found = mapped(observation({"text": "Cr"}, valueQuantity={"value": 80, "code": "umol/L"}))
    row = found.row("measurement", "measurement_concept_id, unit_concept_id, measurement_source_value")
    assert row[:2] == (0, 8749)
    assert row[2].startswith("text:")


def test_performance_status(mapped: Any) -> None:
    found = mapped(observation(concept(LOINC, "89247-1"), valueInteger=1))
    assert found.row("measurement", "measurement_concept_id, value_as_number") == (36305384, 1)


def test_037_the_domain_decides_the_table(mapped: Any) -> None:
    found = mapped(
        observation(concept("http://snomed.info/sct", "84229001"), id="a", category=category("vital-signs")),
        observation(concept("http://snomed.info/sct", "89362005"), id="b", valueQuantity={"value": 4}),
    )
    columns = "resource, condition_concept_id, condition_start_date"
    assert found.rows("condition_occurrence", columns) == [("main/Observation/a", 4223659, date(2024, 2, 3))]
    assert found.rows("observation", "resource, observation_concept_id, value_as_number") == [
        ("main/Observation/b", 4229881, 4),
    ]  # fmt: skip
    assert found.rows("measurement", "resource") == []


@pytest.mark.parametrize(
    ("elements", "table"),
    [
        ({"category": category("laboratory"), "valueString": "haemolysed"}, "measurement"),
        ({"category": category("vital-signs")}, "measurement"),
        ({"category": category("imaging")}, "measurement"),
        ({"category": category("survey"), "valueQuantity": {"value": 3}}, "measurement"),
        ({"category": category("survey"), "valueInteger": 3}, "measurement"),
        ({"category": category("social-history"), "valueCodeableConcept": {"text": "smoker"}}, "observation"),
        ({}, "observation"),
    ],
)
def test_where_an_unmapped_observation_goes(mapped: Any, elements: dict[str, Any], table: str) -> None:
    found = mapped(observation(concept(LOCAL, "X1"), **elements))
    rows = {name: len(found.rows(name, "1")) for name in ("measurement", "observation", "condition_occurrence")}
    assert rows == {"measurement": 0, "observation": 0, "condition_occurrence": 0, table: 1}


@pytest.mark.parametrize(
    ("value", "number", "concept_id", "text", "string"),
    [
        ({"valueCodeableConcept": {"text": "阳性"}}, None, 9191, "阳性", "阳性"),
        ({"valueCodeableConcept": concept(LOCAL, "V2")}, None, 0, "V2", "V2"),
        ({"valueBoolean": True}, None, CUSTOM + 80, "true", "true"),
        ({"valueRange": {"low": {"value": 2.5}, "high": {"value": 5}}}, None, None, "2.5-5", "2.5-5"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 4}}}, 0.25, None, "1:4", None),
        ({"valueDateTime": "2024-01-05"}, None, None, "2024-01-05", "2024-01-05"),
        ({"valueTime": "10:30:00"}, None, None, "10:30:00", "10:30:00"),
        ({"valuePeriod": {"start": "2024-01", "end": "2024-02"}}, None, None, "2024-01/2024-02", "2024-01/2024-02"),
    ],
)
def test_values(
    mapped: Any, value: dict[str, Any], number: float | None, concept_id: int | None, text: str, string: str | None
) -> None:
    found = mapped(observation(concept(LOCAL, "X1"), **value))
    row = found.row("observation", "value_as_number, value_as_concept_id, value_source_value, value_as_string")
    assert row == (number, concept_id, text, string)


def test_free_text_leaves_a_hash(mapped: Any) -> None:
    found = mapped(observation(concept(LOCAL, "X1"), valueString="seen by Dr Wang on the ward"))
    row = found.row("observation", "value_as_concept_id, value_source_value, value_as_string")
    assert row[0] == 0
    assert row[1].startswith("text:")
    assert row[2] == row[1]


@pytest.mark.parametrize(
    ("quantity", "unit", "concept_id"),
    [
        ({"unit": "mm"}, "mm", 8588),
        ({"unit": "millimetres", "code": "mm"}, "mm", 8588),
        ({"unit": "U", "code": "kat"}, "kat", 0),
        ({}, None, None),
    ],
)
def test_units(mapped: Any, quantity: dict[str, Any], unit: str | None, concept_id: int | None) -> None:
    found = mapped(observation(concept(LOCAL, "X1"), valueQuantity={"value": 1, **quantity}))
    assert found.row("measurement", "unit_source_value, unit_concept_id") == (unit, concept_id)


def test_units_are_converted_where_declared_and_plausible(mapped: Any) -> None:
    total, diameter = concept("urn:onco-registry:concept", "target-lesion-sum"), concept(LOINC, "33728-7")
    found = mapped(
        observation(total, id="a", valueQuantity={"value": 8.35, "code": "cm"}),
        observation(total, id="b", valueQuantity={"value": 830, "code": "cm"}),
        observation(total, id="c", valueQuantity={"value": 83, "code": "mm"}),
        observation(diameter, id="d", valueQuantity={"value": 3.1, "unit": "cm"}),
        observation(concept(LOINC, "1742-6"), id="e", valueQuantity={"value": 2, "code": "cm"}),
    )
    columns = (
        "value_as_number, unit_concept_id, value_source_value, unit_source_value, unit_source_concept_id, derivation"
    )
    assert found.rows("measurement", columns) == [
        (83.5, 8588, "8.35", "cm", 8582, "unit: cm -> mm"),
        (830, 8582, "830", "cm", 8582, None),
        (83, 8588, "83", "mm", 8588, None),
        (31, 8588, "3.1", "cm", 8582, "unit: cm -> mm"),
        (2, 8582, "2", "cm", 8582, None),
    ]


@pytest.mark.parametrize("unit", ["points, says Dr Wang", "张三", "PD"])
def test_a_unit_without_a_code_that_is_not_known_leaves_a_hash(mapped: Any, unit: str) -> None:
    found = mapped(observation(concept(LOCAL, "X1"), valueQuantity={"value": 1, "unit": unit}))
    source_value, concept_id = found.row("measurement", "unit_source_value, unit_concept_id")
    assert source_value.startswith("text:")
    assert len(source_value) == 21
    assert concept_id == 0


def test_free_text_is_written_out_for_listed_codes_only(mapped: Any, con: Any) -> None:
    con.execute(f"INSERT INTO mapping.written_out VALUES ('value_as_string', {CUSTOM + 51})")
    found = mapped(observation(concept("urn:onco-registry:concept", "ae-seriousness"), valueString="w" * 70))
    assert found.row("observation", "value_as_string") == ("w" * 60,)


def test_components_fan_out(mapped: Any) -> None:
    found = mapped(
        observation(
            concept(LOINC, "21889-1"),
            component=[
                {"code": concept(LOINC, "33728-7"), "valueQuantity": {"value": 3.1, "code": "cm"}},
                {"code": concept(LOINC, "33729-5"), "dataAbsentReason": concept(LOCAL, "unknown")},
                {"code": concept(LOINC, "33729-5"), "valueQuantity": {"value": 2.4, "code": "cm"}},
            ],
        )
    )
    columns = "resource, slot, measurement_concept_id, value_as_number, unit_concept_id, measurement_source_value"
    assert found.rows("measurement", columns) == [
        ("main/Observation/o1", "component0", 3046581, 31, 8588, "33728-7"),
        ("main/Observation/o1", "component2", 0, 2.4, 8582, "33729-5"),
    ]


def test_a_series_of_samples_has_no_row_beside_what_was_read_from_it(mapped: Any) -> None:
    curve = {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "2 4 3"}
    found = mapped(
        observation(
            concept(LOCAL, "ECG"),
            component=[
                {"code": concept(LOCAL, "LEAD-I"), "valueSampledData": curve},
                {"code": concept(LOCAL, "QT"), "valueQuantity": {"value": 410, "code": "ms"}},
            ],
        )
    )
    assert found.reasons == {}
    assert found.rows("measurement", "slot, value_as_number") == [("component1", 410)]


def test_a_panel_that_says_why_it_has_no_value_has_no_row_of_its_own(mapped: Any) -> None:
    found = mapped(
        observation(
            concept(LOCAL, "SCORE"),
            valueInteger=7,
            dataAbsentReason=concept(LOCAL, "unknown"),
            component=[{"code": concept(LOCAL, "ITEM"), "valueInteger": 5}],
        )
    )
    assert found.rows("measurement", "slot, value_as_number") == [("component0", 5)]


def test_a_panel_with_a_value_of_its_own_keeps_it(mapped: Any) -> None:
    found = mapped(
        observation(
            concept(LOCAL, "SCORE"),
            valueInteger=7,
            component=[{"code": concept(LOCAL, "ITEM"), "valueInteger": 7}],
        )
    )
    assert found.rows("measurement", "slot, value_as_number") == [("", 7), ("component0", 7)]


def test_071_072_dates(mapped: Any) -> None:
    code = concept(LOCAL, "X1")
    without = {"effectiveDateTime": None}
    found = mapped(
        observation(code, id="a", effectiveDateTime="2024-01-01T23:30:00Z"),
        observation(code, id="b", **without, effectivePeriod={"start": "2024-02-01", "end": "2024-02-05"}),
        observation(code, id="c", **without, effectiveInstant="2024-03-01T00:00:00+08:00"),
        observation(code, id="d", **without, issued="2024-04-01T00:00:00+08:00"),
    )
    assert found.rows("observation", "observation_date, derivation") == [
        (date(2024, 1, 2), None),
        (date(2024, 2, 1), None),
        (date(2024, 3, 1), None),
        (date(2024, 4, 1), "date: issued"),
    ]
