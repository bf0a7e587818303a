"""dose_era: a daily dose from quantity, strength and days of supply, where the vocabulary knows the strength."""

from __future__ import annotations

from typing import Any

import pytest

from etl.derived import Record, Row, exposure

DOSE_ERA = "person_id, drug_concept_id, unit_concept_id, dose_value, dose_era_start_date, dose_era_end_date"
MG, TABLET, INJECTION, INGREDIENT = 8576, 70, 71, 7


def strength(drug: int, **values: Any) -> Row:
    return {
        "drug_concept_id": drug,
        "ingredient_concept_id": INGREDIENT,
        "valid_start_date": "1970-01-01",
        "valid_end_date": "2099-12-31",
        **values,
    }


@pytest.fixture(autouse=True)
def _vocabulary(record: Record) -> None:
    record.put(
        "drug_strength",
        strength(TABLET, amount_value=12, amount_unit_concept_id=MG),
        strength(INJECTION, numerator_value=25, numerator_unit_concept_id=MG, denominator_value=1),
        strength(72, amount_value=8, amount_unit_concept_id=MG, invalid_reason="D"),
    )


def tablets(start: str, end: str, quantity: float | None, days: int | None, drug: int = TABLET) -> Row:
    return exposure(1, start, end, drug=drug, quantity=quantity, days_supply=days)


def test_equal_doses_join_over_gaps_of_30_days(record: Record) -> None:
    record.put(
        "drug_exposure",
        tablets("2021-01-01", "2021-01-14", 14, 14),
        tablets("2021-02-13", "2021-02-26", 14, 14),
        tablets("2021-03-30", "2021-04-12", 14, 14),
        tablets("2021-04-13", "2021-04-26", 7, 14),
    )
    record.derive()
    assert record.rows("dose_era", DOSE_ERA) == [
        (1, INGREDIENT, MG, 6.0, "2021-04-13", "2021-04-26"),
        (1, INGREDIENT, MG, 12.0, "2021-01-01", "2021-02-26"),
        (1, INGREDIENT, MG, 12.0, "2021-03-30", "2021-04-12"),
    ]


def test_without_a_known_dose_there_is_no_era(record: Record) -> None:
    record.put(
        "drug_exposure",
        tablets("2021-01-01", "2021-01-14", None, 14),
        tablets("2021-01-01", "2021-01-14", 14, None),
        tablets("2021-01-01", "2021-01-14", 0, 14),
        tablets("2021-01-01", "2021-01-14", 14, 14, drug=INJECTION),
        tablets("2021-01-01", "2021-01-14", 14, 14, drug=INGREDIENT),
        tablets("2021-01-01", "2021-01-14", 14, 14, drug=72),
        *(
            tablets("2021-01-01", "2021-01-14", 168, 14) | {"dose_unit_source_value": unit}
            for unit in ("mg", "g", "box")
        ),
    )
    record.derive()
    assert record.rows("dose_era", DOSE_ERA) == []
