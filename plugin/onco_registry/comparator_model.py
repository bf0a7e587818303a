"""What a registry declares on others than its cohort: arms compared from a landmark, and who added a drug later."""

from __future__ import annotations

from dataclasses import dataclass

# The arm that takes every component.
COMBINATION = "combination"


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of the comparison: the combination, or one component (`name`) alone; `id` as of a cohort."""

    name: str
    id: int
    label: str
    population: str


@dataclass(frozen=True, slots=True)
class Comparators:
    """A comparison of arms from a landmark, so many days after the first drug: who is in which is known by then."""

    landmark_days: int
    endpoints: tuple[str, ...]
    arms: tuple[Arm, ...]


@dataclass(frozen=True, slots=True)
class AddedLater:
    """The cohort of those who added a component to a running one; `id` and `name` as of a cohort, its `endpoints`."""

    id: int
    name: str
    label: str
    population: str
    endpoints: tuple[str, ...]
