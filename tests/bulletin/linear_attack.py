"""What follows from sums of unknown counts: the cells, what is known of them, and which other sums that leaves open."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Vector = np.ndarray
Of = Callable[..., float]


@dataclass
class Family:
    """Counts of patients by cell, with what a reader knows of them and the sums that nobody may learn.

    `cells` are the categories that each patient is in one of, `truth` how many are in each: by it only those sums are
    looked at that are small, and the document's numbers are checked.
    """

    name: str
    cells: list[tuple[Hashable, ...]]
    truth: Vector
    rows: list[Vector] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    targets: dict[str, Vector] = field(default_factory=dict)

    def sum_of(self, weight: Of) -> Vector:
        """The sum of the cells, each by its weight, a function of the cell's fields."""
        return np.array([float(weight(*cell)) for cell in self.cells])

    def know(self, weight: Of, value: float | None) -> None:
        """A sum is told; nothing where the value is None."""
        if value is not None:
            self.between(self.sum_of(weight), value, value)

    def between(self, row: Vector, lower: float, upper: float) -> None:
        """A sum is known to lie between two numbers. Raises AssertionError where it does not."""
        assert lower - 1e-6 <= row @ self.truth <= upper + 1e-6, (self.name, lower, row @ self.truth, upper)
        self.rows.append(row)
        self.lower.append(lower)
        self.upper.append(upper)

    def target(self, name: str, weight: Of) -> None:
        """A sum that is not to be learned where it is of a few; whoever is not in it is one, too."""
        self.targets[name] = self.sum_of(weight)

    def value(self, name: str) -> int:
        """What a target really is."""
        return round(float(self.targets[name] @ self.truth))

    def pinned(self, names: Iterable[str]) -> set[str]:
        """Of some targets, those that can have one value only."""
        left = set(names)
        random = np.random.default_rng(len(self.cells))
        for _ in range(3):
            left = self._unmoved(left, random.normal(size=len(self.cells))) if left else left
        return {name for name in left if not self._moves(name)}

    def _unmoved(self, names: set[str], cost: Vector) -> set[str]:
        other = self._solve(cost)
        return {name for name in names if abs(self.targets[name] @ (other - self.truth)) < 0.5}

    def _moves(self, name: str) -> bool:
        row = self.targets[name]
        return any(abs(row @ (self._solve(sign * row) - self.truth)) > 0.5 for sign in (1, -1))

    def _solve(self, cost: Vector) -> Vector:
        known = [LinearConstraint(np.array(self.rows), self.lower, self.upper)] if self.rows else []
        # A cell without bound has more than there are patients.
        most = float(self.truth.sum()) * 2 + 50
        found = milp(cost, integrality=np.ones(len(cost), dtype=int), bounds=Bounds(0, most), constraints=known)
        assert found.x is not None, f"{self.name}: {found.message}"
        return np.asarray(np.round(found.x))


def disclosed(families: Iterable[Family], k: int) -> list[str]:
    """The counts of 1 to k - 1 that follow from what is known."""
    found = []
    for family in families:
        few = [name for name in family.targets if 0 < abs(family.value(name)) < k]
        found += [f"{family.name}: {name} = {family.value(name)}" for name in sorted(family.pinned(few))]
    return found


def moved(before: Iterable[Family], after: Iterable[Family], k: int) -> list[str]:
    """The counts of which it follows from two releases that they differ by 1 to k - 1."""
    found = []
    earlier = {family.name: family for family in before}
    for family in after:
        if (old := earlier.get(family.name)) is None:
            continue
        both = [name for name in family.targets if name in old.targets]
        few = {name for name in both if 0 < abs(family.value(name) - old.value(name)) < k}
        learned = family.pinned(old.pinned(few)) if few else set()
        found += [f"{family.name}: {name} by {family.value(name) - old.value(name)}" for name in sorted(learned)]
    return found
