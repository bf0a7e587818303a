"""The baseline table: what a registry declares of its patients, known at index; small tables in, rows out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd
import pytest

from onco_registry.baseline import baseline_table
from onco_registry.cohort import establish_cohort
from onco_registry.recompute import recompute_parameters
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations
from onco_registry.results import read, write
from outcomes.record import CUT, Record, on, rows

Amended = Callable[..., RegistryDefinition]
Declared = Callable[[str], Record]
COUNTS = ("level", "kind", "x", "n")
SUMMARY = ("x", "n", "median", "lower_quartile", "upper_quartile", "minimum", "maximum", "unit")
MG = 8576


@pytest.fixture(name="declared")
def _declared(tables: duckdb.DuckDBPyConnection, amended: Amended) -> Declared:
    """The record of a registry whose baseline table has one variable, with these keys."""

    def declare(keys: str) -> Record:
        return Record(tables, amended(more=f"\nbaseline:\n  - {{name: it, label: It, {keys}}}\n"))

    return declare


def table(record: Record) -> Any:
    with Relations(record.con, recompute_parameters(record.registry, CUT)) as relations:
        establish_cohort(relations, record.registry)
        return baseline_table(relations, record.registry)


def counts(record: Record) -> list[tuple[Any, ...]]:
    """(level, x) of the rows that count patients."""
    found = table(record)
    return rows(found[found["kind"] != "summary"], "level", "x")


def summary(record: Record) -> tuple[Any, ...]:
    found = table(record)
    [row] = rows(found[found["kind"] == "summary"], *SUMMARY)
    return row


def test_a_registry_without_the_section_has_no_rows(record: Record) -> None:
    record.member(1)
    assert record.results().baseline.empty


def test_age(declared: Declared) -> None:
    record = declared("kind: age, bins: {18: young, 65: old}")
    # The index date is 2020-03-01; who is born a day later in the year is a year younger.
    for person, born in enumerate([(1985, 3, 1), (1955, 3, 1), (1955, 3, 2), (1975, 1, 1), (None, 1, 1)], start=1):
        record.background(person, born if born[0] else (1980, 1, 1))
        record.drug(person, "alpha", 0, 10)
        record.drug(person, "beta", 0, 10)
    record.con.execute("UPDATE cdm.person SET year_of_birth = 1980 WHERE person_id = 5")
    assert summary(record) == (5, 5, 45, 40, 64, 35, 65, "years")
    assert counts(record) == [("young", 4), ("old", 1), ("missing", 0)]


def test_sex(declared: Declared) -> None:
    record = declared("kind: sex, concept_set: sexes")
    for person in (1, 2, 3):
        record.member(person)
    record.con.execute("UPDATE cdm.person SET gender_concept_id = 8532 WHERE person_id IN (1, 2)")
    assert rows(table(record), "variable", *COUNTS) == [
        ("it", "female", "count", 2, 3),
        ("it", "male", "count", 0, 3),
        ("it", "missing", "count", 1, 3),
    ]


def test_a_stratum_with_groups_has_the_levels_that_somebody_is_in_in_their_order(declared: Declared) -> None:
    record = declared("kind: stratum, stratum: subtype")
    for person, concept in enumerate((202, 201, 203), start=1):
        record.member(person)
        record.con.execute(
            "UPDATE cdm.condition_occurrence SET condition_concept_id = $1"
            " WHERE condition_concept_id = 201 AND person_id = $2",
            [concept, person],
        )
    # 'Unspecified' is what the stratum calls those without a subtype.
    assert counts(record) == [("Common", 1), ("Rare", 1), ("missing", 1)]


def test_a_stratum_with_bins_shows_them_all(declared: Declared) -> None:
    record = declared("kind: stratum, stratum: status")
    for person in (1, 2):
        record.member(person)
    record.measurement(1, 280, -5, value_as_number=3)
    assert counts(record) == [("good", 0), ("poor", 1), ("missing", 1)]


def test_a_stratum_that_is_always_known(declared: Declared) -> None:
    record = declared("kind: stratum, stratum: earlier")
    for person in (1, 2):
        record.member(person)
    record.drug(1, "beta", -150, -140)
    assert counts(record) == [("Beta", 1), ("none", 1)]


@pytest.mark.parametrize(
    ("window", "facts", "found"),
    [
        ("", [(621, -400), (622, -10)], "High"),  # the latest
        ("", [(621, 0)], "Low"),
        ("", [(621, 1)], "missing"),  # after index
        ("", [(621, -10), (622, -10)], "High"),  # of one day the last that is declared
        (", within_days: 28", [(621, -28)], "Low"),
        (", within_days: 28", [(621, -29)], "missing"),
    ],
)
def test_category(declared: Declared, window: str, facts: list[tuple[int, int]], found: str) -> None:
    record = declared(f"kind: category, concept_set: stages{window}")
    record.member(1)
    for concept, day in facts:
        record.condition(1, concept, day)
    assert counts(record) == [(level, int(level == found)) for level in ("Low", "High", "missing")]


def test_a_category_as_a_measurement_that_is_not_denied(declared: Declared) -> None:
    record = declared("kind: category, concept_set: stages")
    for person in (1, 2):
        record.member(person)
    record.measurement(1, 622, -10)
    record.measurement(2, 622, -10, value_as_concept_id=290)
    assert counts(record) == [("Low", 0), ("High", 1), ("missing", 1)]


def test_a_patient_may_be_in_several_categories(declared: Declared) -> None:
    record = declared("kind: categories, concept_set: sites")
    for person in (1, 2, 3):
        record.member(person)
    for person, concept in ((1, 611), (1, 612), (1, 611), (2, 612)):
        record.condition(person, concept, -20)
    record.condition(3, 613, 5)
    assert rows(table(record), *COUNTS) == [
        ("Near", "multiple", 1, 3),
        ("Far", "multiple", 2, 3),
        ("Further", "multiple", 0, 3),
        ("missing", "multiple", 1, 3),
    ]


def test_number_of_categories(declared: Declared) -> None:
    record = declared('kind: number_of_categories, concept_set: sites, bins: {1: "1", 2: 2 and over}')
    for person in (1, 2, 3, 4):
        record.member(person)
    for person, concept in ((1, 611), (1, 611), (2, 611), (2, 612), (3, 611), (3, 612), (3, 613)):
        record.condition(person, concept, -20)
    assert summary(record) == (3, 4, 2, 1.5, 2.5, 1, 3, None)
    assert counts(record) == [("1", 1), ("2 and over", 2), ("missing", 1)]


@pytest.mark.parametrize(("primary", "days"), [(-300, 110), (-200, 10), (-190, 0), (-100, 0)])
def test_interval(declared: Declared, primary: int, days: int) -> None:
    record = declared("kind: interval, from: sites, to: spread")
    record.member(1)
    record.condition(1, 611, primary)
    record.condition(1, 612, primary + 5)
    # The background has spread on day -190.
    assert summary(record) == (1, 1, days, days, days, days, days, "days")
    assert counts(record) == [("missing", 0)]


def test_an_interval_of_which_one_end_is_not_known_by_index(declared: Declared) -> None:
    record = declared("kind: interval, from: sites, to: spread")
    record.member(1)
    record.condition(1, 611, 1)
    assert summary(record) == (0, 1, None, None, None, None, None, "days")
    assert counts(record) == [("missing", 1)]


@pytest.mark.parametrize(
    ("name", "start", "end", "found"),
    [("gamma", -180, -120, "Yes"), ("delta", -30, -20, "Yes"), ("delta", 5, 9, "No"), ("delta", 0, 9, "No")],
)
def test_exposed_before(declared: Declared, name: str, start: int, end: int, found: str) -> None:
    record = declared(f"kind: exposed_before, concept_set: {'other' if name == 'gamma' else 'second_other'}")
    record.member(1)
    record.drug(1, name, start, end)
    assert counts(record) == [("Yes", int(found == "Yes")), ("No", int(found == "No"))]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ([], "No"),
        ([(-200, -190)], "Yes"),  # an era of its own: covered until day -169
        ([(-5, -5)], "No"),  # of the combination's own era, which the administration dates
    ],
)
def test_exposed_to_a_component_before(declared: Declared, before: list[tuple[int, int]], found: str) -> None:
    record = declared("kind: exposed_before, concept_set: beta")
    record.background(1)
    record.drug(1, "alpha", 0, 100)
    record.drug(1, "beta", 0, 100, source="administration")
    for start, end in before:
        record.drug(1, "beta", start, end)
    assert counts(record) == [("Yes", int(found == "Yes")), ("No", int(found == "No"))]


def test_prior_lines(declared: Declared) -> None:
    record = declared('kind: prior_lines, bins: {1: "1", 2: 2 and over}')
    for person in (1, 2):
        record.member(person)
    record.drug(2, "delta", -100, -60)
    assert summary(record) == (2, 2, 1.5, 1.25, 1.75, 1, 2, None)
    assert counts(record) == [("1", 1), ("2 and over", 1)]


def test_an_answer_of_a_measurement_or_an_observation(declared: Declared) -> None:
    record = declared("kind: answer, question: marker, answers: marker_answers, within_days: 90")
    for person in (1, 2, 3, 4):
        record.member(person)
    record.measurement(1, 630, -90, value_as_concept_id=632)
    record.measurement(2, 630, -50, value_as_concept_id=632)
    record.insert(
        "observation",
        person_id=2,
        observation_concept_id=630,
        observation_date=on(-10),
        value_as_concept_id=290,
    )
    record.measurement(3, 630, -91, value_as_concept_id=632)
    record.measurement(4, 280, -5, value_as_concept_id=632)  # the answer to another question
    assert counts(record) == [("Negative", 1), ("Positive", 1), ("missing", 2)]


def test_a_measurement_in_the_unit_that_is_asked_for(declared: Declared) -> None:
    record = declared("kind: measurement, concept_set: weight, within_days: 28, unit: mg")
    for person in (1, 2, 3, 4):
        record.member(person)
    for person, day, value, unit in (
        (1, -28, 10, MG), (1, -29, 99, MG), (2, 0, 20, MG), (2, 0, 15, MG), (3, 0, 30, 9529), (4, 1, 40, MG),
    ):  # fmt: skip
        record.measurement(person, 640, day, value_as_number=value, unit_concept_id=unit)
    assert summary(record) == (2, 4, 15, 12.5, 17.5, 10, 20, "mg")
    assert counts(record) == [("missing", 2)]


def test_a_number_below_the_lowest_bin_is_no_value(declared: Declared) -> None:
    record = declared("kind: measurement, concept_set: weight, within_days: 28, bins: {10: some, 20: much}")
    for person, value in ((1, 9), (2, 10), (3, 19.9), (4, 20)):
        record.member(person)
        record.measurement(person, 640, 0, value_as_number=value)
    assert summary(record)[:3] == (3, 4, 19.9)
    assert counts(record) == [("some", 2), ("much", 1), ("missing", 1)]


def test_an_ordinal_has_levels_and_no_median(declared: Declared) -> None:
    record = declared('kind: ordinal, concept_set: performance, within_days: 28, bins: {0: "0", 1: "1", 2: "2"}')
    for person, value in ((1, 0), (2, 2), (3, 2)):
        record.member(person)
        record.measurement(person, 280, -2, value_as_number=value)
    record.member(4)
    assert rows(table(record), *COUNTS) == [
        ("0", "count", 1, 4),
        ("1", "count", 0, 4),
        ("2", "count", 2, 4),
        ("missing", "count", 1, 4),
    ]


def test_an_empty_cohort_has_every_level_with_nobody(declared: Declared) -> None:
    record = declared("kind: age, bins: {18: young, 65: old}")
    assert summary(record) == (0, 0, None, None, None, None, None, "years")
    assert counts(record) == [("young", 0), ("old", 0), ("missing", 0)]


def test_variables_come_in_the_order_in_which_they_are_declared(
    tables: duckdb.DuckDBPyConnection, amended: Amended
) -> None:
    more = """
baseline:
  - {name: lines, label: Lines, kind: prior_lines}
  - {name: age, label: Age, kind: age}
  - {name: sites, label: Sites, kind: categories, concept_set: sites}
"""
    record = Record(tables, amended(more=more))
    record.member(1)
    record.condition(1, 611, -1)
    results = record.results()
    assert list(dict.fromkeys(results.baseline["variable"])) == ["lines", "age", "sites"]
    check = results.consistency_check
    assert rows(check[check["check_name"] == "baseline_adds_up"], "status", "detail") == [
        ("pass", "3 variables fit the number of patients")
    ]
    assert record.registry.labels["sites"] == "Sites"
    con = duckdb.connect()
    assert write(con, results)
    pd.testing.assert_frame_equal(read(con, "fictional").baseline, results.baseline)
