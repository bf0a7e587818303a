"""What a registry says of laboratory grades, doses and steroids, as frozen dataclasses (sections of `safety`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Terms, classes and groups of terms, and what is asked of all of them: the rows of the safety tables.
BANDS: Mapping[str, tuple[int, int]] = {"1_2": (1, 2), "3_4": (3, 4), "5": (5, 5)}


@dataclass(frozen=True, slots=True)
class Laboratory:
    """Measurements that are graded: concept sets that mappings/laboratory_grades.csv has rules for.

    The baseline is the last result in the `baseline_days` up to the first dose.
    """

    baseline_days: int
    measurements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DosePlan:
    """How a component is given: on `days_on` days of each cycle; amounts in the UCUM unit with that concept id.

    `planned`: amount a day (a component of one day: an administration) by agent, as its concept set labels it. A next
    dose that comes more than `delay_days` after it was due is an interruption.
    """

    component: str
    days_on: int
    cycle_days: int
    delay_days: int
    unit: str
    unit_concept_id: int
    planned: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Steroids:
    """The concept set of systemic steroids, and in how many days after onset they count as given for an event."""

    concept_set: str
    within_days: int
