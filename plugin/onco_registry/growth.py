"""Growth modulation index: each patient's time under the combination over that of the line before.

A ratio of at least 1.33 has been taken for benefit (Von Hoff, Clin Cancer Res 1998;4:1079-1086).
"""

from __future__ import annotations

import pandas as pd

from onco_registry.registry_model import RegistryDefinition
from onco_registry.relations import Relations

# A ratio of at least 133 to 100, in whole numbers: days divided are not exact in binary floats.
_BENEFIT = (133, 100)


def compare_with_previous_line(relations: Relations, registry: RegistryDefinition) -> None:
    """Make `growth_modulation`: one row per patient of the cohort; none where the registry does not ask for it."""
    relations.create("growth_modulation", growth_endpoint=registry.growth_endpoint)


def benefited(rows: pd.DataFrame) -> tuple[int, int, int]:
    """x, n, not evaluable of results.growth_modulation: patients with a ratio of at least 1.33, of those evaluable.

    A patient censored at a ratio of 1.33 or more has reached it; one censored before cannot be evaluated, nor can one
    without an earlier line. n + not evaluable are all rows.
    """
    above, below = _BENEFIT
    known = rows[rows["previous_time_days"].notna()]
    reached = known["time_days"] * below >= known["previous_time_days"] * above
    evaluable = reached | known["event"].astype(bool)
    return int(reached.sum()), int(evaluable.sum()), len(rows) - int(evaluable.sum())
