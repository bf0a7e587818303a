"""Patients who were first seen after their index date are at risk only from then on."""

from __future__ import annotations

import pandas as pd

# A curve that starts with fewer hangs on single patients.
FEWEST_AT_RISK = 5


def from_enough_at_risk(times: pd.DataFrame, group: str | None = None) -> tuple[pd.DataFrame, int]:
    """Rows of results.endpoint from the first day with 5 patients at risk on, and that day: 0 if nobody came late.

    Of patients who are compared, `group` is the column that tells them apart, and 5 of each are needed. What is
    estimated of them is conditional on that day without event. Who had their time's end before they were seen, or by
    that day, is left out. Where 5 are never at risk, nobody is left.
    """
    late = times["entry_days"] > 0
    if not late.any():
        return times, 0
    for day in sorted(times["entry_days"].unique()):
        here = times["time_days"] > times["entry_days"].clip(lower=day)
        at_risk = here & (times["entry_days"] <= day)
        fewest = at_risk.sum() if group is None else at_risk.groupby(times[group]).sum().min()
        if fewest >= FEWEST_AT_RISK:
            return times[here].assign(entry_days=times.loc[here, "entry_days"].clip(lower=day)), int(day)
    return times.iloc[:0], 0
