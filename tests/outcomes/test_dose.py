"""Doses: starting dose, reductions, interruptions, intensity, end; what the CDM does not tell is missing."""

from __future__ import annotations

from typing import Any

import pytest

from outcomes.record import Record, on, rows
from outcomes.safety_record import dispensed, given

ALPHA, BETA_ONE, BETA_TWO = 101, 102, 103
MG = {"dose_unit_source_value": "mg"}


@pytest.fixture(name="patient")
def _patient(record: Record) -> Record:
    record.background(1)
    return record


def course(record: Record, component: str = "beta") -> dict[str, Any]:
    frame = record.relation("dose")
    names = list(frame.columns)
    (found,) = rows(frame[frame["component"] == component], *names)
    return dict(zip(names, found, strict=True))


def infusions(record: Record, *days: int, doses: tuple[float, ...] | None = None) -> None:
    record.drug(1, "alpha", 0, max(days))
    for number, day in enumerate(days):
        given(record, 1, BETA_ONE, day, quantity=doses[number] if doses else 200, **MG)


def strength(record: Record) -> None:
    """A capsule of alpha is 12 mg."""
    record.con.execute(
        "INSERT INTO cdm.drug_strength BY NAME SELECT 101 AS drug_concept_id, 9 AS ingredient_concept_id,"
        " 12 AS amount_value, 8576 AS amount_unit_concept_id, DATE '1970-01-01' AS valid_start_date,"
        " DATE '2099-12-31' AS valid_end_date"
    )


def test_full_doses_on_time(patient: Record) -> None:
    infusions(patient, 0, 21, 42)
    found = course(patient)
    assert (found["starting_dose"], found["planned_dose"], found["unit"], found["doses"]) == (200, 200, "mg", 3)
    assert found["relative_dose_intensity"] == pytest.approx(1)
    assert (found["reductions"], found["interruptions"]) == (0, 0)


def test_reduced_and_late(patient: Record) -> None:
    # The third infusion, of half the dose, is due on day 42 and comes on day 50: 8 days late.
    infusions(patient, 0, 21, 50, doses=(200, 200, 100))
    found = course(patient)
    assert (found["reductions"], found["first_reduction_date"]) == (1, on(50))
    assert found["interruptions"] == 1
    # 500 mg in 50 + 21 days; planned are 200 mg in 21.
    assert found["relative_dose_intensity"] == pytest.approx((500 / 71) / (200 / 21))


@pytest.mark.parametrize(("day", "interruptions"), [(49, 0), (50, 1)])
def test_a_week_late_is_no_interruption(patient: Record, day: int, interruptions: int) -> None:
    infusions(patient, 0, 21, day)
    assert course(patient)["interruptions"] == interruptions


@pytest.mark.parametrize("wrong", [{"quantity": None}, {"dose_unit_source_value": "mL"}, {"quantity": 0}])
def test_one_unknown_dose_makes_the_intensity_unknown(patient: Record, wrong: dict[str, object]) -> None:
    infusions(patient, 0, 21)
    given(patient, 1, BETA_ONE, 42, **{"quantity": 200, **MG, **wrong})
    found = course(patient)
    assert found["starting_dose"] == 200
    assert (found["relative_dose_intensity"], found["reductions"]) == (None, None)


def test_a_reduction_that_is_known_counts_beside_doses_that_are_not(patient: Record) -> None:
    infusions(patient, 0, 21, doses=(200, 150))
    given(patient, 1, BETA_ONE, 42)
    assert course(patient)["reductions"] == 1


@pytest.mark.parametrize(
    ("days", "capsules", "intensity"),
    [
        ([0], 28, 1),  # intake of two cycles in one supply
        ([0, 42], 28, 1),
        ([0, 56], 28, 4 / (98 / 21)),  # the second 14 days late: four cycles in 56 + 42 days
        ([0], 14, 1 / 2),  # half the dose for as long
    ],
)
def test_a_supply_lasts_for_its_days_of_intake(
    patient: Record, days: list[int], capsules: int, intensity: float
) -> None:
    strength(patient)
    given(patient, 1, BETA_ONE, 0)
    for day in days:
        dispensed(patient, 1, ALPHA, day, 28, quantity=capsules)
    assert course(patient, "alpha")["relative_dose_intensity"] == pytest.approx(intensity)


@pytest.mark.parametrize(("second", "interruptions"), [(42, None), (49, None), (50, 1)])
def test_after_a_supply_for_two_cycles_the_next_is_due_when_they_are_over(
    patient: Record, second: int, interruptions: int | None
) -> None:
    given(patient, 1, BETA_ONE, 0)
    for day in (0, second):
        dispensed(patient, 1, ALPHA, day, 28)
    assert course(patient, "alpha")["interruptions"] == interruptions


@pytest.mark.parametrize(
    ("records", "intensity", "interruptions"),
    [
        # Two days each: given over midnight.
        (((0, 2, 200), (21, 2, 200), (42, 2, 200)), 1, 0),
        # Vials for 21 days each; the last 38 days late.
        (((0, 21, 200), (21, 21, 200), (42, 21, 200)), 1, 0),
        (((0, 21, 200), (21, 21, 200), (80, 21, 200)), 600 / 101 * 21 / 200, 1),
        # Two vials for two cycles are no larger dose than one for one.
        (((0, 42, 400), (42, 21, 200)), 1, None),
        # A day less than three cycles is three.
        (((0, 62, 600), (63, 63, 600)), 1, None),
    ],
)
def test_of_a_drug_given_on_one_day_a_record_lasts_its_days_or_a_cycle(
    patient: Record, records: tuple[tuple[int, int, float], ...], intensity: float, interruptions: int | None
) -> None:
    patient.drug(1, "alpha", 0, 100)
    for day, days, quantity in records:
        dispensed(patient, 1, BETA_ONE, day, days, quantity=quantity, **MG)
    found = course(patient)
    assert found["relative_dose_intensity"] == pytest.approx(intensity)
    assert (found["reductions"], found["interruptions"]) == (0, interruptions)


@pytest.mark.parametrize("cut", [9, 13, 20, 27, 60])
def test_a_supply_that_lasts_beyond_the_cut_is_as_large_as_it_is(patient: Record, cut: int) -> None:
    strength(patient)
    given(patient, 1, BETA_ONE, 0)
    dispensed(patient, 1, ALPHA, 0, 28, quantity=28)
    frame = patient.relation("dose", on(cut)).query("component == 'alpha'")
    columns = ("starting_dose", "relative_dose_intensity", "last_dose_date")
    assert rows(frame, *columns) == [(12, pytest.approx(1), on(min(cut, 27)))]


def test_a_reduction_is_seen_while_its_supply_lasts(patient: Record) -> None:
    strength(patient)
    given(patient, 1, BETA_ONE, 0)
    dispensed(patient, 1, ALPHA, 0, 14, quantity=14)
    dispensed(patient, 1, ALPHA, 21, 14, quantity=7)
    assert rows(patient.relation("dose", on(27)).query("component == 'alpha'"), "reductions") == [(1,)]


def test_another_agent_is_no_reduction_and_its_plan_is_not_declared(patient: Record) -> None:
    infusions(patient, 0)
    given(patient, 1, BETA_TWO, 21, quantity=100, **MG)
    found = course(patient)
    assert (found["reductions"], found["agent"]) == (0, "Beta one")
    assert found["relative_dose_intensity"] is None


def test_one_dose_recorded_twice_counts_once(patient: Record) -> None:
    infusions(patient, 0, 21)
    patient.drug(1, "beta", 0, 21)  # the same as a statement
    found = course(patient)
    assert (found["doses"], found["relative_dose_intensity"]) == (2, pytest.approx(1))


def test_capsules_of_a_known_strength(patient: Record) -> None:
    strength(patient)
    for day in (0, 21, 42):
        dispensed(patient, 1, ALPHA, day, 14, quantity=14)
    given(patient, 1, BETA_ONE, 0)
    found = course(patient, "alpha")
    assert (found["starting_dose"], found["planned_dose"]) == (12, 12)
    assert found["relative_dose_intensity"] == pytest.approx(1)
    assert (found["reductions"], found["interruptions"]) == (0, 0)


@pytest.mark.parametrize(
    ("quantity", "unit", "dose"),
    [
        (168, "mg", 12),
        (14, None, 12),
        (14, "1", 12),
        (14, "{capsule}", 12),
        (14, "CAP", 12),
        (14, "粒", 12),
        (0.168, "g", None),
        (14, "mL", None),
        (12, "mg/d", None),
        (2, "box", None),
        (168, "text:0123456789abcdef", None),
    ],
)
def test_a_quantity_is_a_number_of_capsules_where_that_is_known(
    patient: Record, quantity: float, unit: str | None, dose: float | None
) -> None:
    strength(patient)
    dispensed(patient, 1, ALPHA, 0, 14, quantity=quantity, dose_unit_source_value=unit)
    given(patient, 1, BETA_ONE, 0)
    assert course(patient, "alpha")["starting_dose"] == dose


def test_capsules_of_an_unknown_strength_and_statements_tell_no_dose(patient: Record) -> None:
    dispensed(patient, 1, ALPHA, 0, 14, quantity=14)
    given(patient, 1, BETA_ONE, 0)
    assert course(patient, "alpha")["starting_dose"] is None


def test_within_a_long_statement_no_interruption_can_be_seen(patient: Record) -> None:
    patient.member(2, treated=100)
    found = patient.relation("dose")
    assert rows(found, "component", "reductions", "interruptions") == [("alpha", None, None), ("beta", None, None)]


@pytest.mark.parametrize(
    ("happens", "status", "reason"),
    [
        # The last infusion covers its cycle of 21 days and 21 days of grace: until day 41.
        ({"visit": 41}, "ongoing", None),
        ({"visit": 42}, "discontinued", "Not recorded"),
        ({"death": 41}, "died on treatment", None),
        ({"death": 42}, "discontinued", "Not recorded"),
        ({"visit": 42, "stop": "sintol"}, "discontinued", "Toxicity"),
        ({"visit": 42, "stop": "a text longer than t"}, "discontinued", "Progression"),
        ({"visit": 42, "stop": "xyz"}, "discontinued", "Other"),
        ({"visit": 41, "stop": "sintol"}, "ongoing", None),
    ],
)
def test_how_it_ended(patient: Record, happens: dict[str, Any], status: str, reason: str | None) -> None:
    patient.drug(1, "alpha", 0, 1)
    given(patient, 1, BETA_ONE, 0, quantity=200, stop_reason=happens.get("stop"), **MG)
    if "visit" in happens:
        patient.visit(1, happens["visit"])
    if "death" in happens:
        patient.death(1, happens["death"])
    found = course(patient)
    assert (found["status"], found["reason"]) == (status, reason)


@pytest.mark.parametrize("seen", [15, 20, 21, 28, 29, 41, 42, 60])
@pytest.mark.parametrize("happens", ["visit", "death", "delta"])
def test_a_drug_is_discontinued_in_the_doses_when_it_is_in_the_endpoints(
    patient: Record, happens: str, seen: int
) -> None:
    dispensed(patient, 1, ALPHA, 0, 14)
    given(patient, 1, BETA_ONE, 0)
    if happens == "delta":
        patient.drug(1, "delta", seen, seen + 20)
    else:
        getattr(patient, happens)(1, seen)
    results = patient.results()
    statuses = {status for (status,) in rows(results.dose, "status")}
    decided = dict(rows(results.endpoint, "endpoint", "decided_by"))
    assert ("discontinued" in statuses) == (decided["ttd_any"] == "any_component_stopped")
    assert (statuses == {"discontinued"}) == (decided["ttd_all"] == "all_components_stopped")


def test_new_therapy_ends_it_and_an_open_end_is_not_evaluable(patient: Record) -> None:
    patient.drug(1, "alpha", 0)  # a statement without an end
    given(patient, 1, BETA_ONE, 0)
    patient.visit(1, 200)
    assert course(patient, "alpha")["status"] == "not evaluable"
    patient.drug(1, "delta", 110, 130)
    assert course(patient, "alpha")["status"] == "discontinued"


def test_estimates_count_those_in_whom_the_cdm_tells(record: Record) -> None:
    for person in (1, 2, 3):
        record.background(person)
        record.drug(person, "alpha", 0, 42)
        for day in (0, 21, 42):
            reduced = person == 2 and day == 42
            dose = None if person == 3 else 100 if reduced else 200
            given(record, person, BETA_ONE, day, quantity=dose, **MG)
        record.visit(person, 200)
    estimate = record.results().estimate.round(4)
    chosen = estimate[estimate["measure"].str.startswith("dose_") & estimate["measure"].str.contains(":beta")]
    assert rows(chosen, "measure", "estimate", "ci_method", "x", "n") == [
        ("dose_started_lower:beta", 0.0, "clopper-pearson", 0, 2),
        ("dose_reduced:beta", 0.5, "clopper-pearson", 1, 2),
        ("dose_interrupted:beta", 0.0, "clopper-pearson", 0, 3),
        ("dose_discontinued:beta", 1.0, "clopper-pearson", 3, 3),
        ("dose_discontinued_reason:beta:Not recorded", 1.0, "clopper-pearson", 3, 3),
        ("dose_intensity_median:beta", 0.9167, "quartiles", None, 2),
    ]
