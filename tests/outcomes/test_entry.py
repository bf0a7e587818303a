"""Patients first seen after index, and deaths of which only the month or year is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outcomes.record import CUT, Record, on, rows


def _treated(record: Record) -> None:
    """A patient with index on day 0, all of it told by statements and conditions."""
    record.person(1)
    record.condition(1, 201, -200)
    record.condition(1, 211, -190)
    record.drug(1, "gamma", -180, -120)
    record.drug(1, "alpha", 0, 100)
    record.drug(1, "beta", 0, 100)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("visit_occurrence", {"visit_start_date": on(30), "visit_end_date": on(400)}),
        ("measurement", {"measurement_date": on(30)}),
        ("procedure_occurrence", {"procedure_date": on(30)}),
        (
            "drug_exposure",
            {
                "drug_exposure_start_date": on(30),
                "drug_exposure_end_date": on(30),
                "drug_type_concept_id": 32818,
                "drug_concept_id": 999,
            },
        ),
    ],
)
def test_who_was_first_seen_after_index_enters_then(record: Record, table: str, values: dict[str, object]) -> None:
    _treated(record)
    record.insert(table, person_id=1, **values)
    record.death(1, 300)
    os = record.relation("endpoint").query("endpoint == 'os'")
    assert rows(os, "start_date", "entry_days", "time_days", "event") == [(on(0), 30, 301, True)]
    assert rows(record.results().completeness.head(1), "item", "x", "n") == [("seen_at_index", 0, 1)]
    assert int(record.relation("attrition")["excluded"].sum()) == 0


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("condition_occurrence", {"condition_start_date": on(30)}),
        ("observation", {"observation_date": on(30)}),
        (
            "drug_exposure",
            {"drug_exposure_start_date": on(30), "drug_exposure_end_date": on(30), "drug_type_concept_id": 32830},
        ),
    ],
)
def test_what_may_be_told_of_elsewhere_does_not_say_when(record: Record, table: str, values: dict[str, object]) -> None:
    _treated(record)
    record.insert(table, person_id=1, **values)
    os = record.relation("endpoint").query("endpoint == 'os'")
    assert rows(os, "entry_days", "time_days") == [(0, 31)]


@pytest.mark.parametrize(("day", "seen"), [(-1, True), (0, True), (1, False)])
def test_seen_by_index(record: Record, day: int, seen: bool) -> None:
    _treated(record)
    record.visit(1, day)
    results = record.results()
    assert rows(results.cohort, "seen_at_index") == [(seen,)]
    assert set(results.endpoint["entry_days"]) == {0 if seen else 1}


def test_from_the_first_response_on_entry_counts_from_there(record: Record) -> None:
    _treated(record)
    record.response(1, 60, "PR")
    record.response(1, 120, "PD")
    endpoint = record.relation("endpoint").query("endpoint in ('pfs', 'dor')")
    assert rows(endpoint, "endpoint", "entry_days", "time_days") == [("pfs", 60, 121), ("dor", 0, 61)]


@pytest.mark.parametrize(("cut", "seen"), [(200, (True, 0)), (300, (False, 300))])
def test_a_visit_after_the_cut_does_not_say_when_a_patient_was_first_seen(
    record: Record, cut: int, seen: tuple[bool, int]
) -> None:
    record.member(1)
    record.con.execute("DELETE FROM cdm.visit_occurrence")
    record.visit(1, 300)
    results = record.results(on(cut))
    assert rows(results.cohort, "seen_at_index") == [seen[:1]]
    assert rows(results.endpoint.query("endpoint == 'os'"), "entry_days") == [seen[1:]]


@pytest.fixture(name="dated")
def _dated(record: Record) -> Iterator[Record]:
    """The record of a workspace that knows how exactly deaths are dated; day 31 is 2020-04-01."""
    record.con.execute(
        "CREATE SCHEMA lineage; CREATE TABLE lineage.death_precision (person_id INTEGER, precision VARCHAR)"
    )
    yield record
    record.con.execute("DROP SCHEMA lineage CASCADE")


def _os(record: Record, name: str = "os", cut: int | None = None) -> tuple[object, ...]:
    endpoint = record.relation("endpoint", CUT if cut is None else on(cut))
    [row] = rows(endpoint[endpoint["endpoint"] == name], "time_days", "event", "decided_by", "date_precision")
    return row


@pytest.mark.parametrize(
    ("visits", "days", "latest"),
    [
        ([], 32, 61),  # nothing in April: its first day
        ([25], 32, 61),
        ([40], 41, 61),
        ([40, 60], 61, 61),
        ([40, 61], 41, 61),  # a contact in May is not evidence within April
    ],
)
def test_a_death_in_april_is_the_last_day_known_alive_in_it(
    dated: Record, visits: list[int], days: int, latest: int
) -> None:
    dated.member(1)
    dated.death(1, 31)
    dated.con.execute("INSERT INTO lineage.death_precision VALUES (1, 'month')")
    for day in visits:
        dated.visit(1, day)
    assert _os(dated) == (days, True, "death", "month")
    assert _os(dated, "os_earliest_death") == (32, True, "earliest_death", "month")
    assert _os(dated, "os_latest_death") == (latest, True, "latest_death", "month")


def test_a_death_of_which_the_year_is_known(dated: Record) -> None:
    dated.member(1)
    dated.death(1, -60)  # 2020-01-01
    dated.con.execute("INSERT INTO lineage.death_precision VALUES (1, 'year')")
    dated.visit(1, 200)
    assert _os(dated) == (201, True, "death", "year")
    assert _os(dated, "os_latest_death") == (306, True, "latest_death", "year")  # 2020-12-31
    # The year began before index, when the patient lived.
    assert _os(dated, "os_earliest_death") == (1, True, "earliest_death", "year")
    assert dated.results().consistency_check.query("status == 'fail'").empty


def test_when_a_person_died_does_not_depend_on_the_cut(dated: Record) -> None:
    dated.member(1)
    dated.death(1, -60)
    dated.con.execute("INSERT INTO lineage.death_precision VALUES (1, 'year')")
    dated.visit(1, 100)
    dated.visit(1, 200)
    assert _os(dated, cut=199) == (101, False, "last_known_alive", None)
    assert _os(dated, cut=200) == (201, True, "death", "year")


def test_a_bare_cdm_says_nothing_of_precision(record: Record) -> None:
    record.member(1)
    record.death(1, 31)
    record.visit(1, 40)
    assert _os(record) == (32, True, "death", None)
    assert _os(record, "os_latest_death") == (32, True, "latest_death", None)


def test_the_precise_deaths_of_others_stay(dated: Record) -> None:
    dated.member(1)
    dated.death(1, 31)
    dated.con.execute("INSERT INTO lineage.death_precision VALUES (2, 'month')")
    dated.visit(1, 35)
    assert _os(dated) == (32, True, "death", None)
