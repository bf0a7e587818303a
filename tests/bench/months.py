"""How many months of a growing cohort have a public edition of their own.

    make bench BENCH=--months

Cohorts of the tests of disclosure, drawn at random: of those present at first nothing changes, so that only new
patients move the counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rich.table import Table

from bulletin.drawn_cohort import document, draw
from onco_registry.bulletin.disclosure import public

MONTHS = 24
SEEDS = (1, 2, 3)
# Patients at first, and added each month.
GROWTH = ((100, 8), (300, 25), (1_000, 80))
MINIMUM_CELL = 5


def published(seed: int, start: int, step: int) -> int:
    """The number of months with an edition, of `MONTHS`."""
    cohort = draw(np.random.default_rng(seed), start + step * MONTHS)
    editions: list[dict[str, Any]] = []
    for month in range(MONTHS):
        present = cohort.patients.iloc[: start + step * month].reset_index(drop=True)
        found = public(document(replace(cohort, patients=present)), editions, MINIMUM_CELL)
        editions += [found] if found else []
    return len(editions)


def table() -> Table:
    """A row per cohort, a column per draw."""
    shown = Table(title=f"public editions in {MONTHS} months, smallest cell {MINIMUM_CELL}")
    for heading in ("patients at first", "new each month", *(f"draw {seed}" for seed in SEEDS)):
        shown.add_column(heading, justify="right")
    for start, step in GROWTH:
        shown.add_row(f"{start:,}", str(step), *(str(published(seed, start, step)) for seed in SEEDS))
    return shown
