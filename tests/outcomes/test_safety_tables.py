"""Tables of events by class, term and group, their rates per person-time and what ends the time at risk."""

from __future__ import annotations

import pandas as pd
import pytest

from onco_registry.recompute import derive, recompute_parameters
from onco_registry.relations import Relations
from onco_registry.safety_estimate import incidence_frame
from outcomes.record import CUT, Record, on, rows


@pytest.fixture(name="four")
def _four(record: Record) -> Record:
    """Four patients on both drugs until day 100, each known alive on day 400."""
    for person in range(1, 5):
        record.member(person)
        record.visit(person, 400)
    return record


def time_at_risk(record: Record, kind: str = "any", item: str = "") -> list[tuple[object, ...]]:
    frame = record.relation("adverse_event_time")
    chosen = frame[(frame["kind"] == kind) & (frame["item"] == item) & ~frame["related_only"]]
    return rows(chosen, "person_id", "outcome", "time_days")


def test_patients_by_worst_grade(four: Record) -> None:
    four.adverse_event(1, "tired", 10, 3, related=True)
    four.adverse_event(1, "tired", 20, 1, related=True)
    four.adverse_event(1, "inflamed", 20, 5, serious=True)
    four.adverse_event(2, "tired", 20, 2, related=False)
    four.adverse_event(3, "tired", 20)
    table = four.relation("safety_table")
    columns = ("kind", "item", "x", "x_grade_1_2", "x_grade_3_4", "x_grade_5", "x_not_graded", "n")
    assert rows(table[~table["related_only"]], *columns) == [
        ("any", "", 2 + 0, 1, 0, 1, 0, 4),
        ("serious", "", 1, 0, 0, 1, 0, 4),
        ("severe", "", 1, 0, 0, 1, 0, 4),
        ("class", "Whole body", 2, 1, 1, 0, 0, 4),
        ("class", "Defence", 1, 0, 0, 1, 0, 4),
        ("term", "Tired", 2, 1, 1, 0, 0, 4),
        ("term", "Inflamed", 1, 0, 0, 1, 0, 4),
        ("group", "inflamed_or_tired", 2, 1, 0, 1, 0, 4),
        ("group", "immune", 1, 0, 0, 1, 0, 4),
        ("group", "never", 0, 0, 0, 0, 0, 4),
    ]
    assert rows(table[table["related_only"]], *columns)[0] == ("any", "", 1, 0, 1, 0, 0, 4)


def test_an_event_without_grade_counts_as_not_graded(four: Record) -> None:
    four.adverse_event(3, "tired", 20, related=True)
    table = four.relation("safety_table")
    assert rows(table.head(1), "x", "x_grade_1_2", "x_not_graded") == [(1, 0, 1)]


def test_what_ends_the_time_at_risk(record: Record) -> None:
    for person in (1, 2, 3, 4):
        record.member(person)
    record.visit(1, 400)
    record.adverse_event(2, "tired", 9, 1)
    record.death(3, 110)
    record.visit(4, 120)
    # The window of 30 days after day 100 ends on day 130; patient 4 is not known after day 120.
    assert time_at_risk(record) == [
        (1, "window ended", 131),
        (2, "event", 10),
        (3, "death", 111),
        (4, "censored", 121),
    ]


def test_the_data_cut_and_new_therapy_end_it_too(record: Record) -> None:
    record.member(1)
    record.visit(1, 400)
    record.member(2)
    record.drug(2, "delta", 110, 300)
    record.visit(1, 50)
    record.visit(2, 45)
    record.visit(2, 51)
    # A supply for the days up to 100 does not say that patient 2 was followed until the cut.
    frame = record.relation("adverse_event_time", cut=on(50))
    assert rows(frame.head(2), "outcome", "time_days") == [("censored", 51), ("censored", 46)]
    assert time_at_risk(record)[1] == (2, "window ended", 110)


def test_extended_terms_and_serious_events_have_the_longer_time(four: Record) -> None:
    assert time_at_risk(four, "group", "immune")[0] == (1, "window ended", 191)
    assert time_at_risk(four, "serious")[0] == (1, "window ended", 191)
    # Of this group only some events count so long: its time is the ordinary one.
    assert time_at_risk(four, "group", "inflamed_or_tired")[0] == (1, "window ended", 131)


def test_a_serious_event_after_the_ordinary_window_is_in_the_table_and_not_in_the_ordinary_rate(four: Record) -> None:
    four.adverse_event(1, "tired", 150, 4, serious=True)
    assert len(four.relation("adverse_event")) == 1
    assert time_at_risk(four, "term", "Tired")[0] == (1, "window ended", 131)
    assert time_at_risk(four, "serious")[0] == (1, "event", 151)


def test_rates_and_when_events_came(four: Record) -> None:
    four.adverse_event(1, "tired", 9, 1)
    four.adverse_event(2, "tired", 19, 1, related=True)
    rates = four.results().ae_rate
    tired = rates[(rates["item"] == "Tired") & ~rates["related_only"]].round(2)
    # 10 + 20 + 131 + 131 days; 2 events in 292 days are 250.17 in 100 years of 365.25 days.
    columns = ("n", "events", "person_days", "rate", "first_median_days", "first_minimum_days", "first_maximum_days")
    assert rows(tired, *columns) == [(4, 2, 292, 250.17, 15.0, 10, 20)]
    never = rates[(rates["item"] == "never") & ~rates["related_only"]]
    assert list(never["upper"]) == pytest.approx([3.688879 / (4 * 131) * 36525])


def test_estimates_name_their_method(four: Record) -> None:
    four.adverse_event(1, "tired", 9, 3, related=True)
    four.adverse_event(2, "tired", 19, 1)
    four.death(3, 115)
    estimate = four.results().estimate.round(4)
    chosen = estimate[
        estimate["measure"].isin(
            [
                "ae_term_grade_3_4:Tired",
                "ae_class_related:Whole body",
                "ae_rate_term:Tired",
                "ae_time_to_first_term:Tired",
                "ae_incidence_1m_term:Tired",
                "death_within_30d_of_last_dose",
            ]
        )
    ]
    columns = ("measure", "estimate", "lower", "upper", "ci_level", "ci_method", "x", "n", "events", "unit")
    assert rows(chosen, *columns) == [
        ("ae_term_grade_3_4:Tired", 0.25, 0.0063, 0.8059, 0.95, "clopper-pearson", 1, 4, None, "proportion"),
        ("ae_class_related:Whole body", 0.25, 0.0063, 0.8059, 0.95, "clopper-pearson", 1, 4, None, "proportion"),
        ("ae_rate_term:Tired", 263.7184, 31.9375, 952.6416, 0.95, "exact-poisson", 2, 4, 2, "per 100 person-years"),
        ("ae_time_to_first_term:Tired", 15.0, 10.0, 20.0, None, "range", 2, 4, 2, "days"),
        ("ae_incidence_1m_term:Tired", 0.5, 0.0578, 0.8449, 0.95, "aalen-johansen-log-log", None, 4, 2, "proportion"),
        ("death_within_30d_of_last_dose", 0.25, 0.0063, 0.8059, 0.95, "clopper-pearson", 1, 4, None, "proportion"),
    ]


def test_incidence_competes_with_death_and_the_end_of_the_window(record: Record) -> None:
    for person in (1, 2, 3, 4):
        record.member(person)
        record.visit(person, 400)
    record.adverse_event(1, "tired", 119, 1)
    record.death(2, 110)
    curve = incidence_frame(record.relation("adverse_event_time"), 95)
    tired = curve[(curve["item"] == "Tired") & ~curve["related_only"]]
    columns = ("time_days", "at_risk", "events", "competing", "censored", "incidence")
    assert rows(tired, *columns) == [
        (111, 4, 0, 1, 0, 0.0),
        (120, 3, 1, 0, 0, 0.25),
        (131, 2, 0, 2, 0, 0.25),
    ]


@pytest.mark.parametrize(("day", "counted"), [(99, True), (100, True), (130, True), (131, False)])
def test_deaths_within_30_days_of_the_last_dose(record: Record, day: int, counted: bool) -> None:
    record.member(1)  # the last supply is for the days up to 100
    record.death(1, day)
    with Relations(record.con, recompute_parameters(record.registry, CUT)) as relations:
        derive(relations, record.registry)
        window = relations.query("treatment_window_frame")
    assert rows(window, "last_dose_date", "died_in_window") == [(on(100), counted)]


def test_no_patients_give_empty_tables(record: Record) -> None:
    results = record.results()
    assert isinstance(results.ae_incidence, pd.DataFrame)
    assert results.ae_incidence.empty
    assert list(results.safety_table["x"]) == [0] * 12


def test_incidence_with_late_entries_starts_when_five_are_at_risk(record: Record) -> None:
    record.member(1)
    record.adverse_event(1, "tired", 2, 2)
    record.visit(1, 300)
    for person in range(2, 11):
        record.member(person)
        record.visit(person, 10)
        record.visit(person, 300)
    record.con.execute("DELETE FROM cdm.visit_occurrence WHERE person_id > 1 AND visit_start_date < $1", [on(0)])
    record.adverse_event(2, "tired", 40, 2)
    results = record.results()
    curve = results.ae_incidence.query("kind == 'any' and not related_only")
    # The event of day 2, when one was watched, does not make the incidence 100 %.
    assert rows(curve, "time_days", "at_risk", "events", "incidence", "from_day") == [
        (41, 9, 1, pytest.approx(1 / 9), 10),
        (131, 8, 0, pytest.approx(1 / 9), 10),
    ]
    estimate = results.estimate.query("measure in ('ae_incidence_1m_any', 'ae_incidence_6m_any')")
    method = "aalen-johansen-log-log, from day 10"
    assert rows(estimate, "estimate", "n", "events", "ci_method") == [
        (0, 9, 1, method),
        (pytest.approx(1 / 9), 9, 1, method),
    ]


def test_an_incidence_before_anybody_is_at_risk_is_not_known(record: Record) -> None:
    for person in range(1, 11):
        record.member(person)
        record.visit(person, 60)
        record.visit(person, 300)
    record.con.execute("DELETE FROM cdm.visit_occurrence WHERE visit_start_date < $1", [on(0)])
    record.adverse_event(2, "tired", 70, 2)
    estimate = record.results().estimate.query("measure in ('ae_incidence_1m_any', 'ae_incidence_6m_any')")
    assert [(pd.isna(value), method) for value, method in rows(estimate, "estimate", "ci_method")] == [
        (True, "aalen-johansen-log-log, from day 60"),
        (False, "aalen-johansen-log-log, from day 60"),
    ]


def test_who_was_first_seen_after_index_is_at_risk_from_then(record: Record) -> None:
    for person in (1, 2, 3):
        record.member(person)
        record.visit(person, 400)
    record.con.execute("DELETE FROM cdm.visit_occurrence WHERE person_id > 1 AND visit_start_date < $1", [on(0)])
    for person in (2, 3):
        record.visit(person, 20)
    record.adverse_event(1, "tired", 10, 1)
    record.adverse_event(2, "tired", 10, 1)
    record.adverse_event(3, "tired", 30, 1)
    frame = record.relation("adverse_event_time")
    tired = frame[(frame["item"] == "Tired") & ~frame["related_only"]]
    # The event of the second patient came before anyone watched: it is in the table, not in the rate.
    assert rows(tired, "person_id", "outcome", "entry_days", "time_days") == [(1, "event", 0, 11), (3, "event", 20, 31)]
    assert incidence_frame(tired, 95).empty  # five are never at risk
    rate = record.results().ae_rate
    assert rows(rate[(rate["item"] == "Tired") & ~rate["related_only"]], "n", "events", "person_days") == [(2, 2, 22)]
