"""What tests of safety write into a record besides what `Record` knows: events with an end, results, doses."""

from __future__ import annotations

from typing import Any

from outcomes.record import Record, on

OUTCOME, BETTER, WORSE = 430, 431, 432
STEROID = 121
_FIELD = 1147127
_ADMINISTRATION, _DISPENSE = 32818, 32825


def ended(record: Record, event: int, day: int) -> None:
    """The event's row ends on a day."""
    record.con.execute(
        "UPDATE cdm.condition_occurrence SET condition_end_date = $1 WHERE condition_occurrence_id = $2",
        [on(day), event],
    )


def said(record: Record, person: int, event: int, concept: int, field: int = _FIELD, **values: Any) -> None:
    """What an observation says of an event's row, which `field` says the table of: grade, causality, outcome ..."""
    record.insert(
        "observation",
        person_id=person,
        observation_concept_id=concept,
        observation_date=on(0),
        observation_event_id=event,
        obs_event_field_concept_id=field,
        **values,
    )


def outcome(record: Record, person: int, event: int, value: int) -> None:
    said(record, person, event, OUTCOME, value_as_concept_id=value)


def given(record: Record, person: int, drug: int, day: int, **values: Any) -> int:
    """A drug given on one day (administration)."""
    return _exposure(record, person, drug, _ADMINISTRATION, day, day, **values)


def dispensed(record: Record, person: int, drug: int, day: int, days: int, **values: Any) -> int:
    """A drug handed over for so many days."""
    return _exposure(record, person, drug, _DISPENSE, day, day + days - 1, days_supply=days, **values)


def _exposure(record: Record, person: int, drug: int, source: int, first: int, last: int, **values: Any) -> int:
    return record.insert(
        "drug_exposure",
        person_id=person,
        drug_concept_id=drug,
        drug_type_concept_id=source,
        drug_exposure_start_date=on(first),
        drug_exposure_end_date=on(last),
        **values,
    )


def result(record: Record, person: int, concept: int, day: int, value: float | None, **values: Any) -> int:
    """A laboratory result; values: unit_concept_id, range_low, range_high and other columns of measurement."""
    return record.measurement(person, concept, day, value_as_number=value, **values)
