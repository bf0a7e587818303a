"""Criteria that a cohort may declare: the small record on each side of their border, and where they are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onco_etl.errors import ConfigurationError
from onco_registry.registry_model import RegistryDefinition
from outcomes.record import GREATER, LESS, Record, on, rows

Amended = Callable[..., RegistryDefinition]


@pytest.fixture(name="asked")
def _asked(record: Record, amended: Amended) -> Callable[[str], Record]:
    """The record of the one patient 1, whose cohort has one more criterion."""

    def ask(criterion: str) -> Record:
        record.registry = amended(criterion=criterion)
        record.member(1)
        return record

    return ask


@pytest.mark.parametrize(("day", "criterion"), [(-31, "asked"), (-30, None), (-1, None), (0, "asked")])
def test_recorded_within_a_window(asked: Callable[[str], Record], day: int, criterion: str | None) -> None:
    record = asked("kind: recorded, concept_set: other_disease, from_days: -30, to_days: -1")
    record.condition(1, 221, day)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("day", "criterion"), [(-366, None), (-365, "asked"), (0, "asked"), (1, None)])
def test_not_recorded_within_a_window(asked: Callable[[str], Record], day: int, criterion: str | None) -> None:
    record = asked("kind: not_recorded, concept_set: other_disease, from_days: -365, to_days: 0")
    record.condition(1, 221, day)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("start", "end", "criterion"),
    [
        (-60, -29, None),  # its last day is 29 days before index
        (-60, -28, "asked"),
        (-60, 10, "asked"),
        (-1, -1, "asked"),
        (0, 10, None),  # not before it
    ],
)
def test_washout(asked: Callable[[str], Record], start: int, end: int, criterion: str | None) -> None:
    record = asked("kind: washout, concept_set: other, days: 28")
    record.drug(1, "delta", start, end)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("end", "criterion"), [(-61, None), (-60, "asked")])
def test_washout_of_a_component_does_not_count_the_combination_itself(
    record: Record, amended: Amended, end: int, criterion: str | None
) -> None:
    record.registry = amended(criterion="kind: washout, concept_set: alpha, days: 60")
    record.background(1)
    record.drug(1, "alpha", end - 100, end)  # an era of its own
    record.drug(1, "alpha", -20, 100, "statement")  # of the combination, and before its dispense
    record.drug(1, "alpha", -10, 20, "dispense")
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("sums", "criterion"),
    [
        ([], "asked"),
        ([(-28, 20, "mm")], None),
        ([(-29, 20, "mm")], "asked"),
        ([(1, 20, "mm")], "asked"),
        ([(-5, 20, None)], "asked"),  # in no unit
        ([(-5, float("inf"), "mm")], "asked"),
        ([(-5, 2, "cm")], None),
        ([(-20, 20, "mm"), (-5, 0, "mm")], "asked"),  # the latest is the baseline
        ([(-20, 0, "mm"), (-5, 20, "mm")], None),
    ],
)
def test_measurable_disease_at_index(
    asked: Callable[[str], Record], sums: list[tuple[int, float, str | None]], criterion: str | None
) -> None:
    record = asked("kind: measurable_disease")
    for day, value, unit in sums:
        record.sum(1, day, value, unit)
    assert record.exclusion(1) == criterion


def test_the_baseline_window_is_declared(record: Record, amended: Amended) -> None:
    record.registry = amended(("baseline_days: 28", "baseline_days: 42"), criterion="kind: measurable_disease")
    record.member(1)
    record.sum(1, -42, 20)
    assert record.exclusion(1) is None


@pytest.mark.parametrize(
    ("values", "criterion"),
    [
        ([], "asked"),
        ([(-14, 1)], None),
        ([(-15, 1)], "asked"),
        ([(-5, 2)], "asked"),
        ([(-10, 0), (-5, 2)], "asked"),  # the latest counts
        ([(-10, 2), (-5, 0)], None),
        ([(-5, 0), (-5, 2)], "asked"),  # of one time the highest
    ],
)
def test_a_value_at_index(
    asked: Callable[[str], Record], values: list[tuple[int, float]], criterion: str | None
) -> None:
    record = asked("kind: measured, concept_set: performance, within_days: 14, maximum: 1")
    for day, value in values:
        record.measurement(1, 280, day, value_as_number=value)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(
    ("limit", "operator", "value", "criterion"),
    [
        ("minimum: 100", LESS, 100, "asked"),
        ("minimum: 100", LESS, 200, "asked"),
        ("minimum: 100", GREATER, 100, None),
        ("minimum: 100", GREATER, 99, "asked"),
        ("maximum: 1", LESS, 1, None),
        ("maximum: 1", LESS, 2, "asked"),
        ("maximum: 1", GREATER, 0, "asked"),
        ("minimum: 0, maximum: 1", LESS, 1, "asked"),
    ],
)
def test_a_bound_lies_within_the_limits_where_it_says_so(
    asked: Callable[[str], Record], limit: str, operator: int, value: float, criterion: str | None
) -> None:
    record = asked(f"kind: measured, concept_set: performance, within_days: 14, {limit}")
    record.measurement(1, 280, -5, value_as_number=value, operator_concept_id=operator)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize("operators", [(GREATER, None, LESS), (LESS, None, GREATER), (None, LESS, GREATER)])
def test_of_one_number_and_its_bounds_the_highest_counts_whichever_came_first(
    asked: Callable[[str], Record], operators: tuple[int | None, ...]
) -> None:
    record = asked("kind: measured, concept_set: performance, within_days: 14, maximum: 1")
    for operator in operators:
        record.measurement(1, 280, -5, value_as_number=1, operator_concept_id=operator)
    assert record.exclusion(1) == "asked"


@pytest.mark.parametrize(("text", "criterion"), [("<2", "asked"), ("<1", None), ("1", None)])
def test_a_bound_of_an_observation_stands_in_its_text(
    asked: Callable[[str], Record], text: str, criterion: str | None
) -> None:
    record = asked("kind: measured, concept_set: performance, within_days: 14, maximum: 1")
    record.insert(
        "observation",
        person_id=1,
        observation_concept_id=280,
        observation_date=on(-5),
        value_as_number=float(text.removeprefix("<")),
        value_source_value=text,
    )
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("born", "criterion"), [((1944, 3, 2), None), ((1944, 3, 1), "asked")])
def test_maximum_age(record: Record, amended: Amended, born: tuple[int, ...], criterion: str | None) -> None:
    record.registry = amended(criterion="kind: maximum_age, years: 75")
    record.background(1, born)
    record.drug(1, "alpha", 0, 50)
    record.drug(1, "beta", 0)
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("gender", "criterion"), [(8532, None), (8507, "asked"), (0, "asked")])
def test_sex(asked: Callable[[str], Record], gender: int, criterion: str | None) -> None:
    record = asked("kind: sex, concept_set: women")
    record.con.execute("UPDATE cdm.person SET gender_concept_id = $1", [gender])
    assert record.exclusion(1) == criterion


@pytest.mark.parametrize(("earlier", "criterion"), [(0, None), (1, None), (2, "asked")])
def test_at_most_so_many_prior_lines(asked: Callable[[str], Record], earlier: int, criterion: str | None) -> None:
    record = asked("kind: maximum_prior_lines, lines: 2")
    record.con.execute("UPDATE cdm.condition_occurrence SET condition_start_date = $1", [on(-1000)])
    for line in range(earlier):
        record.drug(1, "delta", -600 - 200 * line, -550 - 200 * line)
    assert record.exclusion(1) == criterion


LANDMARK = ("  entry: [disease", "  index: landmark\n  landmark_days: 42\n  entry: [disease")


# Alpha alone, whether or not it is still taken at the index date.
ALONE = (
    ("  maximum_days_between_starts: 42\n", ""),
    ("    beta: {label: Beta, concept_set: beta, cycle_days: 21, persistence_days: 21}\n", ""),
    ("    - {name: beta_exposure, kind: exposed, component: beta, label: No beta}\n", ""),
    ("    - {name: too_far_apart, kind: close_or_concurrent, label: Too far apart}\n", ""),
    ("    - {name: added_later, kind: not_added_later, label: Added later}\n", ""),
    ("    - {name: not_concurrent, kind: concurrent_at_index, label: Not concurrent}\n", ""),
    ("  agent: {kind: component_agent, component: beta", "  agent: {kind: component_agent, component: alpha"),
    ("    beta: {days_on: 1, cycle_days: 21, delay_days: 7, unit: mg, planned: {Beta one: 200}}\n", ""),
)


def landmark_record(record: Record, amended: Amended) -> Record:
    """A patient with alpha from day 0 and beta from day 10, whose cohort begins at day 42."""
    record.registry = amended(LANDMARK, criterion="kind: followed_at_index")
    record.background(1)
    record.drug(1, "alpha", 0, 100)
    record.drug(1, "beta", 10, 100)
    return record


def test_an_index_at_a_landmark(record: Record, amended: Amended) -> None:
    landmark_record(record, amended)
    record.response(1, 40, "PR")  # before the cohort began
    record.response(1, 70, "SD")
    record.visit(1, 90)
    results = record.results()
    assert rows(results.cohort, "subject_id", "cohort_start_date", "cohort_end_date") == [(1, on(42), on(90))]
    os = results.endpoint[results.endpoint["endpoint"] == "os"]
    assert rows(os, "start_date", "time_days", "event") == [(on(42), 49, False)]
    # Stable disease counts from 42 days after the index date, which is day 84.
    assert rows(results.best_response, "response") == [("NE",)]


@pytest.mark.parametrize(
    ("last", "criterion"),
    [({"visit": 41}, "asked"), ({"visit": 42}, None), ({"death": 42}, "asked"), ({"death": 43}, None)],
)
def test_who_is_not_followed_to_the_landmark_is_not_in_the_cohort(
    record: Record, amended: Amended, last: dict[str, int], criterion: str | None
) -> None:
    landmark_record(record, amended)
    for what, day in last.items():
        getattr(record, what)(1, day)
    assert record.exclusion(1) == criterion


def test_a_death_after_the_cut_does_not_show_that_a_patient_was_followed(record: Record, amended: Amended) -> None:
    landmark_record(record, amended)
    record.death(1, 400)
    assert rows(record.results(on(300)).cohort, "subject_id") == []
    assert rows(record.results(on(400)).cohort, "subject_id") == [(1,)]


@pytest.mark.parametrize("treated", [10, 100])
def test_lines_before_a_single_drug_do_not_depend_on_how_long_it_was_taken(
    record: Record, amended: Amended, treated: int
) -> None:
    without_ttd = ("ttd_any, ttd_all, ", "")
    record.registry = amended(*ALONE, without_ttd, LANDMARK, criterion="kind: followed_at_index")
    record.background(1)
    record.drug(1, "alpha", 0, treated)
    record.visit(1, 300)
    assert rows(record.relation("cohort_member"), "index_date", "prior_lines") == [(on(42), 1)]


def test_who_stopped_before_a_landmark_cannot_stop_after_it(amended: Amended) -> None:
    with pytest.raises(ConfigurationError, match="'ttd_any' needs a criterion of kind 'concurrent_at_index': who stop"):
        amended(*ALONE, LANDMARK, criterion="kind: followed_at_index")


def test_a_landmark_after_the_cut_is_not_reached(record: Record, amended: Amended) -> None:
    landmark_record(record, amended)
    record.visit(1, 90)
    assert len(record.results(on(42)).cohort) == 0  # the visit is after that cut
    record.visit(1, 42)
    assert len(record.results(on(42)).cohort) == 1
    assert len(record.results(on(41)).cohort) == 0


def test_who_stopped_before_the_landmark_does_not_take_the_combination_then(record: Record, amended: Amended) -> None:
    record.registry = amended(LANDMARK, criterion="kind: followed_at_index")
    record.background(1)
    record.drug(1, "alpha", 0, 13)  # covers to day 20
    record.drug(1, "beta", 10, 100)
    record.visit(1, 90)
    assert record.exclusion(1) == "not_concurrent"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (
            {"criterion": "kind: recorded, concept_set: spread, from_days: 0, to_days: 30"},
            "cohort.criteria[9].to_days: looks 30 days past the index date, when nothing of that is known yet "
            "(immortal time): end the window at 0, or let the index date be there ('index: landmark' of the cohort)",
        ),
        (
            {"criterion": "kind: not_recorded, concept_set: spread, from_days: -5, to_days: 1"},
            "cohort.criteria[9].to_days: looks 1 days past the index date",
        ),
        (
            {"criterion": "kind: recorded, concept_set: spread, from_days: -5, to_days: -6"},
            "cohort.criteria[9].from_days: begins after its end, -6",
        ),
        ({"criterion": "kind: recorded, concept_set: spread, to_days: 0"}, "cohort.criteria[9]: key 'from_days' is"),
        (
            {"criterion": "kind: washout, concept_set: other, days: 0"},
            "cohort.criteria[9].days: expected at least 1, found 0",
        ),
        (
            {"criterion": "kind: washout, concept_set: others, days: 28"},
            "cohort.criteria[9].concept_set: unknown concept set 'others'; did you mean 'other'?",
        ),
        (
            {"criterion": "kind: measured, concept_set: performance, within_days: 28"},
            "cohort.criteria[9]: needs at least one of minimum, maximum",
        ),
        (
            {"criterion": "kind: measured, concept_set: performance, within_days: -1, maximum: 1"},
            "cohort.criteria[9].within_days: expected at least 0, found -1",
        ),
        ({"criterion": "kind: minimum_age, years: -1"}, "cohort.criteria[9].years: expected at least 0, found -1"),
        (
            {"criterion": "kind: measurable_disease, within_days: 28"},
            "cohort.criteria[9].within_days: unknown key 'within_days'",
        ),
        ({"old": LANDMARK}, "cohort.criteria: an index date that is a landmark needs a criterion of kind 'followed_at"),
        (
            {"old": ("  entry:", "  index: landmark\n  entry:")},
            "cohort.index: key 'landmark_days' is missing beside it",
        ),
        (
            {"old": ("  entry:", "  landmark_days: 42\n  entry:")},
            "cohort.landmark_days: needs 'index: landmark' beside",
        ),
        (
            {"old": ("  entry:", "  index: landmark\n  landmark_days: 41\n  entry:")},
            "cohort.landmark_days: at day 41 it is not known yet who takes the combination: maximum_days",
        ),
        ({"old": ("  entry:", "  index: later\n  entry:")}, "cohort.index: unknown index 'later'; known: start, land"),
        (
            {"old": ("seen_by: [administration]", "seen_by: [claim]")},
            "exposure.seen_by[0]: unknown source 'claim'; known: administration",
        ),
    ],
)
def test_refused_with_place_and_reason(amended: Amended, change: dict[str, Any], refusal: str) -> None:
    replaced = [change["old"]] if "old" in change else []
    with pytest.raises(ConfigurationError) as error:
        amended(*replaced, criterion=change.get("criterion"))
    place, _, rest = str(error.value).partition(": ")
    assert place.startswith("registry.yaml line ")
    assert rest.startswith(refusal)
