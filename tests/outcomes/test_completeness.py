"""How complete and how timely the record is; small tables in, rows out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import duckdb
import pytest

from onco_registry.cohort import establish_cohort
from onco_registry.completeness import completeness, find_scans, timeliness, worklists
from onco_registry.recompute import derive, recompute_parameters
from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations
from outcomes.record import CUT, INDEX, Record, on, rows

SCHEDULE = "\nimaging: {interval_days: 56, tolerance_days: 28}\n"
TIMES = ("item", "n", "median_days", "p90_days", "x_late", "late_after_days")


def complete(record: Record, *items: str) -> list[tuple[object, ...]]:
    with Relations(record.con, recompute_parameters(record.registry, CUT)) as relations:
        derive(relations, record.registry)
        find_scans(relations)
        found = completeness(relations)
    return rows(found[found["item"].isin(items)] if items else found, "item", "x", "n")


def times(record: Record) -> list[tuple[object, ...]]:
    with Relations(record.con, recompute_parameters(record.registry, CUT)) as relations:
        derive(relations, record.registry)
        find_scans(relations)
        return rows(timeliness(relations, record.registry), *TIMES)


def test_every_item_in_its_order(record: Record) -> None:
    record.member(1)
    record.sum(1, -10, 100)
    record.sum(1, 50, 60)
    record.trend(1, 52, "improved")
    record.adverse_event(1, "tired", 10, 2)
    record.measurement(1, 280, -2, value_as_number=0)
    assert complete(record) == [
        ("seen_at_index", 1, 1),
        ("baseline_sum", 1, 1),
        ("assessment_after_index", 1, 1),
        ("recorded_response", 0, 1),
        ("sums_of_diameters", 1, 1),
        ("lesion_measurements", 0, 1),
        ("clinician_assessment", 1, 1),
        ("scans_with_measurements", 1, 1),
        ("sum_records_with_unit", 2, 2),
        ("adverse_event_records_with_grade", 1, 1),
        ("adverse_event_records_with_causality", 0, 1),
        ("deaths_with_cause", 0, 0),
        ("deaths_dated_to_the_day", 0, 0),
        ("subtype", 1, 1),
        ("agent", 1, 1),
        ("age", 1, 1),
        ("status", 1, 1),
    ]


def test_progression_seen_over_several_days_has_its_sum_and_its_change(record: Record) -> None:
    record.member(1)
    for lesion, day in (("A", 50), ("B", 53)):
        record.lesion(1, -5, lesion, 30, role="target")
        record.lesion(1, day, lesion, 45)
    assert complete(record, "baseline_sum", "scans_with_measurements") == [
        ("baseline_sum", 1, 1), ("scans_with_measurements", 1, 1),
    ]  # fmt: skip
    columns = ("response", "response_date", "best_change")
    assert rows(record.results().best_response, *columns) == [("PD", on(50), 0.5)]


def test_scans_with_measurements(record: Record) -> None:
    for person in (1, 2):
        record.member(person)
        record.lesion(person, -5, "a", 20, role="target")
    record.response(1, 50, "SD")
    record.sum(1, 50, 90)  # beside the report
    record.response(1, 100, "SD")  # the report alone
    record.lesion(2, 50, "a", 15, role="target")
    record.lesion(2, 100, "a", state="not evaluable")
    record.trend(2, 130, "stable")  # no scan
    assert complete(record, "scans_with_measurements", "lesion_measurements") == [
        ("lesion_measurements", 1, 2),
        ("scans_with_measurements", 2, 4),
    ]


def test_deaths_by_their_source(record: Record) -> None:
    record.con.execute(
        "INSERT INTO cdm.concept VALUES (32817, 'EHR', 'Type Concept', 'Type Concept', 'Type Concept', 'S', 'OMOP1',"
        " '1970-01-01', '2099-12-31', NULL)"
    )
    for person in range(1, 6):
        record.member(person)
    record.insert("death", person_id=1, death_date=on(50), death_type_concept_id=32817, cause_concept_id=201)
    record.insert("death", person_id=2, death_date=on(60), death_type_concept_id=32817, cause_concept_id=0)
    record.insert("death", person_id=3, death_date=on(70), death_type_concept_id=32885, cause_source_value="C49")
    record.insert("death", person_id=4, death_date=on(70))
    record.insert("death", person_id=5, death_date=on(2000))  # after the cut
    items = ("deaths_with_cause", "death_source:EHR", "death_source:type 32885", "death_source:not recorded")
    assert complete(record, *items) == [
        ("deaths_with_cause", 2, 4),
        ("death_source:EHR", 2, 4),
        ("death_source:not recorded", 1, 4),
        ("death_source:type 32885", 1, 4),
    ]


def test_scan_intervals(tables: duckdb.DuckDBPyConnection, amended: Callable[..., RegistryDefinition]) -> None:
    record = Record(tables, amended(more=SCHEDULE))
    for person in (1, 2, 3):
        record.member(person)
    for day in (40, 90, 175):  # 40, 50 and 85 days: one more than interval and tolerance
        record.response(1, day, "SD")
    record.response(2, 84, "SD")
    record.response(2, 100, "PD")
    record.response(2, 250, "PD")  # after progression
    # 16, 40, 50, 84, 85: the 90th percentile lies 0.6 of the way from 84 to 85.
    assert times(record) == [("scan_interval", 5, 50, pytest.approx(84.6), 1, 84)]


def test_without_a_schedule_no_interval_is_late(record: Record) -> None:
    record.member(1)
    record.response(1, 400, "SD")
    assert times(record) == [("scan_interval", 1, 400, 400, None, None)]


def test_a_registry_without_responses_and_adverse_events_has_what_is_left(record: Record) -> None:
    record.member(1)
    record.member(2)
    record.death(2, 50)
    record.response(1, 30, "PR")
    with Relations(record.con, recompute_parameters(record.registry, on(100))) as relations:
        establish_cohort(relations, record.registry)
        relations.create("cohort_death")
        relations.create("last_contact")
        find_scans(relations)
        items = completeness(relations)
        assert timeliness(relations, record.registry).empty
        lists = worklists(relations, record.registry)
    assert rows(items, "item", "x", "n") == [
        ("seen_at_index", 2, 2),
        ("deaths_with_cause", 0, 1),
        ("deaths_dated_to_the_day", 1, 1),
        ("death_source:not recorded", 1, 1),
        ("subtype", 2, 2),
        ("agent", 2, 2),
        ("age", 2, 2),
        ("status", 0, 2),
    ]
    assert [(name, len(found)) for name, found in lists.items()] == [
        ("on_treatment", 1), ("overdue_scan", 0), ("not_adjudicated", 0),
    ]  # fmt: skip


def test_a_bare_cdm_tells_no_lag(record: Record) -> None:
    record.member(1)
    record.death(1, 50)
    assert times(record) == []


@pytest.fixture(name="known")
def _known(record: Record) -> Iterator[Record]:
    """The record of a workspace that knows which run brought which row: loaded on day 0, run 2 on day 30, 3 on 90."""
    record.con.execute(
        f"""
        CREATE SCHEMA lineage;
        CREATE TABLE lineage.row_run (cdm_table VARCHAR, row_id BIGINT, run INTEGER);
        CREATE TABLE lineage.run_day AS
        SELECT * FROM (VALUES (1, DATE '{INDEX}', TRUE), (2, DATE '{on(30)}', FALSE), (3, DATE '{on(90)}', FALSE))
        AS day (run, run_date, is_first_load)
        """
    )
    yield record
    record.con.execute("DROP SCHEMA lineage CASCADE")


def brought(record: Record, table: str, row: int, *runs: int) -> None:
    for run in runs:
        record.con.execute("INSERT INTO lineage.row_run VALUES ($1, $2, $3)", [table, row, run])


def test_lag_is_to_the_first_run_that_knew_and_not_of_the_first_load(known: Record) -> None:
    for person in (1, 2, 3, 4):
        known.member(person)
    for person, day, runs in ((1, 20, (2, 3)), (2, 80, (3,)), (3, 10, (1, 3)), (4, 95, (3,))):
        known.death(person, day)
        brought(known, "death", person, *runs)
    # 10 days to run 2, 10 to run 3; of the first load nothing is told; what was known before it happened has no lag.
    assert times(known) == [("lag_death", 3, 10, 10, 0, 30)]


def test_lag_by_what_happened(known: Record) -> None:
    known.member(1)
    response = known.response(1, 40, "SD")
    event = known.adverse_event(1, "tired", 20, 2)
    dose = known.drug(1, "beta", 5, 5)
    before = known.drug(1, "beta", -100, -100)
    gamma = known.drug(1, "gamma", 10, 10)
    brought(known, "measurement", response, 3)
    brought(known, "condition_occurrence", event, 2)
    for row in (dose, before, gamma):
        brought(known, "drug_exposure", row, 2)
    assert times(known) == [
        ("scan_interval", 1, 40, 40, None, None),
        ("lag_adverse_event", 1, 10, 10, 0, 30),
        ("lag_assessment", 1, 50, 50, 1, 30),
        ("lag_dose", 1, 25, 25, 0, 30),
    ]
