"""drug_era and condition_era: literal rows in, literal eras out."""

from __future__ import annotations

from random import Random

import pytest

from etl.derived import Record, ancestor, exposure, ingredient, occurrence

DRUG_ERA = "person_id, drug_era_start_date, drug_era_end_date, drug_exposure_count, gap_days"
CONDITION_ERA = "condition_concept_id, condition_era_start_date, condition_era_end_date, condition_occurrence_count"


@pytest.fixture(autouse=True)
def _vocabulary(record: Record) -> None:
    record.put("concept", ingredient(7), ingredient(8))
    record.put("concept_ancestor", ancestor(7, 7), ancestor(8, 8), ancestor(7, 70), ancestor(8, 70))


def test_a_gap_of_30_days_joins_and_of_31_days_parts(record: Record) -> None:
    record.put(
        "drug_exposure",
        exposure(1, "2021-01-01", "2021-01-10"),
        exposure(1, "2021-02-09", "2021-02-10"),
        exposure(1, "2021-03-14", "2021-03-20"),
        exposure(2, "2021-01-01", "2021-01-01"),
    )
    record.derive()
    # 29 days without the drug from 11 January to 8 February.
    assert record.rows("drug_era", DRUG_ERA) == [
        (1, "2021-01-01", "2021-02-10", 2, 29),
        (1, "2021-03-14", "2021-03-20", 1, 0),
        (2, "2021-01-01", "2021-01-01", 1, 0),
    ]


def test_a_long_exposure_covers_short_ones_within_it(record: Record) -> None:
    record.put(
        "drug_exposure",
        exposure(1, "2021-01-01", "2021-06-30"),
        exposure(1, "2021-02-01", "2021-02-02"),
        exposure(1, "2021-07-30", "2021-07-31"),
    )
    record.derive()
    assert record.rows("drug_era", DRUG_ERA) == [(1, "2021-01-01", "2021-07-31", 3, 29)]


def test_the_guessed_end_of_a_prescription_is_no_duration(record: Record) -> None:
    record.put(
        "drug_exposure",
        exposure(1, "2021-01-01", "2021-01-30", _derivation="end: start + 29 days"),
        exposure(1, "2021-01-29", "2021-02-27", _derivation="precision: month; end: start + 29 days"),
        exposure(1, "2021-03-20", "2021-04-18", _derivation="end: start + days supply"),
    )
    record.derive()
    assert record.rows("drug_era", DRUG_ERA) == [
        (1, "2021-01-01", "2021-01-29", 2, 27),
        (1, "2021-03-20", "2021-04-18", 1, 0),
    ]


def test_a_drug_of_two_ingredients_has_two_eras(record: Record) -> None:
    record.put(
        "drug_exposure", exposure(1, "2021-01-01", "2021-01-10", drug=70), exposure(1, "2021-01-20", "2021-01-20")
    )
    record.derive()
    assert record.rows("drug_era", "drug_concept_id, drug_era_end_date, drug_exposure_count") == [
        (7, "2021-01-20", 2),
        (8, "2021-01-10", 1),
    ]


def test_condition_eras_leave_out_what_has_no_concept(record: Record) -> None:
    record.put(
        "condition_occurrence",
        occurrence(1, "2021-01-01"),
        occurrence(1, "2021-01-31", "2021-02-05"),
        occurrence(1, "2021-05-01"),
        occurrence(1, "2021-05-01", concept=0),
    )
    record.derive()
    assert record.rows("condition_era", CONDITION_ERA) == [
        (5, "2021-01-01", "2021-02-05", 2),
        (5, "2021-05-01", "2021-05-01", 1),
    ]


@pytest.mark.parametrize("persons", [50, 100])
def test_equal_records_after_a_gap_begin_the_same_era_whatever_their_order(record: Record, persons: int) -> None:
    drawn = Random(persons)
    for person in range(1, persons + 1):
        days = [f"{month}-0{drawn.randint(1, 2)}" for month in ("2020-01", "2020-06", "2021-01") for _ in range(3)]
        drawn.shuffle(days)
        record.put("drug_exposure", *(exposure(person, day, day) for day in days))
        record.put("condition_occurrence", *(occurrence(person, day, None) for day in days))
    record.derive(gap=30)
    for table in ("drug_era", "condition_era", "observation_period"):
        found = record.con.execute(f"SELECT person_id, count(*) FROM cdm.{table} GROUP BY ALL ORDER BY ALL").fetchall()
        assert found == [(person, 3) for person in range(1, persons + 1)], table
