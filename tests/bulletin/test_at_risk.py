"""Which estimates are marked because few patients are at risk."""

from __future__ import annotations

from typing import Any

import pytest

from onco_registry.bulletin.sections.at_risk import few_at_risk

# 5 at risk on day 180, 4 on day 200, 2 on day 400.
POINTS = [{"time_days": day, "at_risk": n} for day, n in ((0, 9), (180, 5), (200, 4), (400, 2))]


@pytest.mark.parametrize(
    ("measure", "estimate", "upper", "mark"),
    [
        ("os_rate_3m", 0.8, 0.9, None),
        ("os_rate_6m", 0.5, 0.8, "estimate"),  # day 182.6
        ("os_rate_24w", 0.5, 0.8, None),  # day 168
        ("os_rmst_12m", 7.0, 9.0, "estimate"),
        ("os_rmst_difference_12m", 1.0, 3.0, "estimate"),
        ("os_median", 5.9137577, None, None),  # day 180
        ("os_median", 5.9137577, 6.5708419, "upper"),  # day 200
        ("os_median", 6.5708419, 13.1416838, "estimate"),
        ("os_median", None, None, None),
    ],
)
def test_marked_where_fewer_than_five_are_at_risk(
    measure: str, estimate: float | None, upper: float | None, mark: str | None
) -> None:
    row: dict[str, Any] = {"measure": measure, "estimate": estimate, "upper": upper}
    assert few_at_risk(POINTS, row) == mark
    assert few_at_risk(POINTS, row | {"withheld": True}) is None
