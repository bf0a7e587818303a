"""What a registry says of its baseline table and of its imaging schedule, as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Kinds whose value is a number, shown as median, quartiles and range; with `bins`, also counted by them.
NUMERIC_KINDS = ("age", "number_of_categories", "interval", "prior_lines", "measurement")
# Kinds that are always known: without a record the answer is 0, or no.
DERIVED_KINDS = ("prior_lines", "exposed_before")
BASELINE_KINDS = (*NUMERIC_KINDS, "sex", "stratum", "category", "categories", "answer", "exposed_before", "ordinal")
EXPOSED = ("Yes", "No")
# The level of those without a value.
MISSING = "missing"


@dataclass(frozen=True, slots=True)
class BaselineItem:
    """A variable of the baseline table, known at index.

    argument: the concept set (of an answer: of the question; of an interval: of its start) or the stratum that its kind
    needs; second: the set of the answers, or of the interval's end. levels: label -> lowest number of that bin, None
    where it is no bin, in the order in which they are shown. shows_empty: also levels of nobody. unit: of the numbers.
    """

    name: str
    kind: str
    label: str
    levels: Mapping[str, int | None] = field(default_factory=dict)
    argument: str | None = None
    second: str | None = None
    within_days: int | None = None
    unit: str | None = None
    unit_concept_id: int | None = None
    shows_empty: bool = True
    recorded: bool = True

    @property
    def numeric(self) -> bool:
        """Whether it has a row of median and quartiles."""
        return self.kind in NUMERIC_KINDS


@dataclass(frozen=True, slots=True)
class Imaging:
    """How often a patient is to be scanned: every `interval_days`; more than `tolerance_days` later is late."""

    interval_days: int
    tolerance_days: int
