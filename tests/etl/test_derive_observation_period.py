"""observation_period, and whom a run derives anew."""

from __future__ import annotations

import pytest

from etl.derived import Record, exposure, occurrence

PERIOD = "person_id, observation_period_start_date, observation_period_end_date"


def test_a_period_spans_everything_recorded(record: Record) -> None:
    record.put("drug_exposure", exposure(1, "2021-01-01", "2021-12-31"))
    record.put("condition_occurrence", occurrence(1, "2021-03-01", "2021-04-01"), occurrence(2, "2020-05-05"))
    record.derive()
    # The end of an exposure that nobody recorded is a guess and does not prolong the period.
    assert record.rows("observation_period", f"{PERIOD}, period_type_concept_id") == [
        (1, "2021-01-01", "2021-04-01", 32882),
        (2, "2020-05-05", "2020-05-05", 32882),
    ]


def test_a_configured_gap_parts_periods(record: Record) -> None:
    record.put(
        "condition_occurrence",
        occurrence(1, "2020-01-01", "2020-03-01"),
        occurrence(1, "2020-02-01", "2020-02-01"),
        occurrence(1, "2020-03-31"),
        occurrence(1, "2020-05-01"),
    )
    record.derive(gap=30)
    assert record.rows("observation_period", PERIOD) == [
        (1, "2020-01-01", "2020-03-31"),
        (1, "2020-05-01", "2020-05-01"),
    ]


def test_only_touched_persons_are_derived_anew(record: Record) -> None:
    record.put("condition_occurrence", occurrence(1, "2021-03-01"), occurrence(2, "2020-05-05"))
    record.derive(1)
    record.con.execute(
        """
        UPDATE cdm.condition_occurrence SET condition_start_date = '2021-03-02', _run_from = 2 WHERE person_id = 1;
        UPDATE cdm.condition_occurrence SET condition_start_date = '2020-05-06' WHERE person_id = 2;
        """
    )
    record.derive(2)
    assert record.rows("condition_era", "person_id, condition_era_start_date, _run_from") == [
        (1, "2021-03-02", 2),
        (2, "2020-05-05", 1),
    ]
    assert record.rows("observation_period", "person_id, _run_from") == [(1, 2), (2, 1)]


@pytest.mark.parametrize(
    ("goes", "comes", "period"),
    [
        # Within it: left alone.
        ("2021-02-02", "2021-02-03", ("2021-01-01", "2021-03-03", 1)),
        ("2021-01-01", "2021-02-03", ("2021-02-02", "2021-03-03", 2)),
        ("2021-03-03", "2021-02-03", ("2021-01-01", "2021-02-03", 2)),
        ("2021-02-02", "2020-12-31", ("2020-12-31", "2021-03-03", 2)),
        ("2021-02-02", "2021-03-04", ("2021-01-01", "2021-03-04", 2)),
    ],
)
def test_a_period_changes_at_its_ends_only(record: Record, goes: str, comes: str, period: tuple[str, str, int]) -> None:
    record.put("condition_occurrence", *(occurrence(1, day) for day in ("2021-01-01", "2021-02-02", "2021-03-03")))
    record.derive(1)
    record.forget("condition_occurrence", f"condition_start_date = '{goes}'", 2)
    record.put("condition_occurrence", occurrence(1, comes), run=2)
    record.derive(2)
    found = record.rows("observation_period", "observation_period_start_date, observation_period_end_date, _run_from")
    assert found == [period]


def test_other_rules_derive_everyone_anew(record: Record) -> None:
    record.put("person", {"person_id": 1})
    record.put("condition_occurrence", occurrence(1, "2020-01-01"), occurrence(1, "2021-01-01"))
    record.con.execute(
        "INSERT INTO state.run BY NAME SELECT 1 AS run, 'sync' AS kind, 'complete' AS status, 'a' AS mapping_hash"
    )
    record.derive(1)
    record.con.execute("INSERT INTO state.run BY NAME SELECT 2 AS run, 'sync' AS kind, 'a' AS mapping_hash")
    record.derive(2, gap=30)
    assert record.rows("observation_period", PERIOD) == [(1, "2020-01-01", "2021-01-01")]
    record.con.execute("INSERT INTO state.run BY NAME SELECT 3 AS run, 'sync' AS kind, 'b' AS mapping_hash")
    record.derive(3, gap=30)
    assert record.rows("observation_period", PERIOD) == [
        (1, "2020-01-01", "2020-01-01"),
        (1, "2021-01-01", "2021-01-01"),
    ]


def test_a_person_without_rows_has_no_period(record: Record) -> None:
    record.put("condition_occurrence", occurrence(1, "2021-03-01"))
    record.derive(1)
    record.forget("condition_occurrence", "person_id = 1", 2)
    record.derive(2)
    assert record.rows("observation_period", "person_id") == []
    assert record.rows("condition_era", "person_id") == []
