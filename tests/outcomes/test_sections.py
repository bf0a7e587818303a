"""Sections of a definition that a disease may lack, and a cohort whose index date is a diagnosis."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.definition import load_registry
from onco_registry.episode_rules import episode_rules
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import Record, on, rows

# A registry of a disease: whatever is taken, from the first record of the disease.
FOLLOWED = """
name: followed
version: "1"
title: Everybody with a fictional disease
exposure: {sources: {statement: [32830]}}
lines: {other_therapy: other, new_agent_days: 0, gap_days: 90}
cohort:
  id: 7
  name: everybody
  label: Everybody
  population: All with the disease.
  entry: [disease, spread]
  negative_values: negative
  index: recorded
  index_concept_set: disease
  criteria:
    - {name: diagnosis, kind: recorded_by_index, concept_set: disease, label: No disease}
    - {name: adult, kind: minimum_age, years: 18, label: Younger than 18}
endpoints: [os, ttnt]
analysis: {rates_in_months: {os: [12]}, follow_up: os, ci_percent: 95}
"""


@pytest.fixture
def followed(folder: Path) -> Callable[..., RegistryDefinition]:
    """The registry of a disease, with texts of it replaced."""

    def amend(*replaced: tuple[str, str], more: str = "") -> RegistryDefinition:
        text = FOLLOWED + more
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        folder.joinpath("registry.yaml").write_text(text, encoding="utf-8")
        return load_registry(folder)

    return amend


@pytest.fixture
def diagnosed(tables: duckdb.DuckDBPyConnection, followed: Callable[..., RegistryDefinition]) -> Record:
    """Three with the disease, one of them as a child, and one with nothing but its spread."""
    record = Record(tables, followed())
    for person, born in ((1, 1970), (2, 1970), (3, 2005), (4, 1970)):
        record.person(person, (born, 1, 1))
    for person, day in ((1, 10), (1, 400), (2, 20), (3, 0), (3, 1500)):
        record.condition(person, 201, day)
    record.condition(4, 211, 0)
    record.drug(1, "gamma", 5, 30)
    record.drug(1, "delta", 40, 60)
    record.death(2, 219)
    return record


def test_the_index_date_is_the_first_record_of_the_disease(diagnosed: Record) -> None:
    """Never a later one: who was a child at diagnosis does not enter when the disease is recorded again."""
    assert rows(diagnosed.relation("attrition"), "criterion", "excluded", "remaining") == [
        ("entered", 0, 4),
        ("diagnosis", 1, 3),
        ("adult", 1, 2),
    ]
    assert rows(diagnosed.relation("cohort_member"), "person_id", "index_date", "index_table", "index_row_id") == [
        (1, on(10), "condition_occurrence", 1),
        (2, on(20), "condition_occurrence", 3),
    ]


def test_times_of_a_diagnosis(diagnosed: Record) -> None:
    """The drug begun before the diagnosis is none after it; death 199 days after the diagnosis is time 200."""
    assert rows(diagnosed.relation("endpoint"), "endpoint", "subject_id", "time_days", "decided_by") == [
        ("os", 1, 391, "last_known_alive"),
        ("os", 2, 200, "death"),
        ("ttnt", 1, 31, "new_therapy"),
        ("ttnt", 2, 200, "death"),
    ]


def test_its_results_are_times_alone(diagnosed: Record) -> None:
    found = diagnosed.results()
    assert set(found.estimate["measure"]) == {"os_median", "os_rate_12m", "follow_up_median", "ttnt_median"}
    assert found.patients == 2
    assert (found.safety_table.empty, found.best_response.empty) == (True, True)
    assert rows(found.completeness.head(1), "item", "x", "n") == [("seen_at_index", 2, 2)]


def test_lines_may_be_declared_without_relapse_or_not_at_all(followed: Callable[..., RegistryDefinition]) -> None:
    rules = episode_rules(followed())
    assert {concept.label for concept in rules.concepts} == {"Gamma", "Delta"}
    lines = "lines: {other_therapy: other, new_agent_days: 0, gap_days: 90}\n"
    without = followed((lines, ""), ("endpoints: [os, ttnt]", "endpoints: [os]"))
    assert without.lines.other_therapy is None
    assert episode_rules(without).concepts == ()


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("index: recorded", "index: start", "cohort.index_concept_set: 'index: recorded' and 'index_concept_set' need"),
        ("  index_concept_set: disease\n", "", "cohort.index: 'index: recorded' and 'index_concept_set' need each"),
        (
            "  index: recorded\n  index_concept_set: disease\n",
            "",
            "cohort.criteria: without 'exposure.components' the cohort needs 'index: recorded' and 'index_concept_set'",
        ),
        (
            "index_concept_set: disease",
            "index_concept_set: spread",
            "cohort.criteria: the first criterion must be of kind 'recorded_by_index' with concept_set 'spread'",
        ),
        (
            "kind: minimum_age, years: 18",
            "kind: exposed, component: alpha",
            "cohort.criteria[1].component: unknown component 'alpha'",
        ),
        ("kind: minimum_age, years: 18", "kind: measurable_disease", "cohort: 'adult' needs section 'response'"),
        ("[os, ttnt]", "[os, pfs]", "endpoints[1]: endpoint 'pfs' needs section 'response'"),
        ("[os, ttnt]", "[os, dor]", "endpoints[1]: endpoint 'dor' needs section 'response'"),
        ("[os, ttnt]", "[ttd_any, os]", "endpoints[0]: endpoint 'ttd_any' needs section 'exposure.components'"),
        ("lines: {other_therapy: other, new_agent_days: 0, gap_days: 90}\n", "", "endpoints[1]: endpoint 'ttnt' needs"),
        ("gap_days: 90", "gap_days: 90, relapse: spread", "lines: needs both of 'relapse' and 'relapse_within_days'"),
        ("exposure: {sources: {statement: [32830]}}\n", "", "lines: needs section 'exposure'"),
        ("title:", "safety: {}\ntitle:", "safety: needs section 'exposure.components'"),
        ("title:", "comparators: {}\ntitle:", "comparators: needs section 'exposure.components'"),
        (
            "title:",
            "strata: {earlier: {kind: earlier_exposure, label: E, missing: M}}\ntitle:",
            "strata: 'earlier' needs section 'exposure.components'",
        ),
        (
            "lines: {other_therapy: other, new_agent_days: 0, gap_days: 90}\n",
            "baseline: [{name: lines_before, kind: prior_lines, label: Lines}]\n",
            "baseline: 'lines_before' needs section 'lines'",
        ),
    ],
)
def test_what_needs_a_section_is_refused_without_it(
    followed: Callable[..., RegistryDefinition], old: str, new: str, refusal: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"^registry\.yaml line \d+: {re.escape(refusal)}"):
        followed((old, new))


@pytest.mark.parametrize("days", [[5, 26, 47], [5]])
def test_therapy_that_goes_on_since_before_the_diagnosis_is_not_new(
    tables: duckdb.DuckDBPyConnection, followed: Callable[..., RegistryDefinition], days: list[int]
) -> None:
    record = Record(tables, followed())
    record.person(1)
    record.condition(1, 201, 10)
    for day in days:
        record.drug(1, "gamma", day, day if len(days) > 1 else 47)
    record.visit(1, 200)
    endpoint = record.relation("endpoint").query("endpoint == 'ttnt'")
    assert rows(endpoint, "time_days", "event") == [(191, False)]


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        (
            "  maximum_days_between_starts: 42\n",
            "",
            "exposure: key 'maximum_days_between_starts' is for combinations of two components or more, and needed",
        ),
        ("  target_sum: sum\n", "", "response.sources: key 'target_sum' is missing beside it"),
    ],
)
def test_a_combination_and_sums_need_their_keys(
    amended: Callable[..., RegistryDefinition], old: str, new: str, refusal: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(refusal)):
        amended((old, new))
