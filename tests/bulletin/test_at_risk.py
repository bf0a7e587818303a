"""Which estimates are marked because few patients are at risk."""

from __future__ import annotations

from typing import Any

import pytest

from onco_registry.bulletin.sections.at_risk import few_at_risk, shown_until

# 5 at risk on day 180, 4 on day 200, 2 on day 400.
POINTS = [
    {"time_days": day, "at_risk": n, "events": events, "censored": censored}
    for day, n, events, censored in ((0, 9, 0, 0), (100, 9, 0, 4), (180, 5, 1, 0), (200, 4, 2, 0), (400, 2, 0, 2))
]
# After day 60 one is left; six are first seen on day 90.
LATE = [
    {"time_days": day, "at_risk": n, "events": 1, "censored": 0}
    for day, n in ((20, 5), (30, 4), (40, 3), (60, 2), (300, 7), (310, 6), (320, 5), (330, 4))
]


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


def test_patients_who_are_first_seen_later_were_not_at_risk_before() -> None:
    row = {"measure": "pfs_rate_12w", "estimate": 0.4, "upper": 0.75}
    assert few_at_risk(LATE, row) == "estimate"
    start = {"time_days": 0, "at_risk": 0, "events": 0, "censored": 0}
    assert few_at_risk([start, {"time_days": 100, "at_risk": 6, "events": 1, "censored": 0}], row) is None


@pytest.mark.parametrize(
    ("at_risk", "until"),
    [((9, 5, 4, 2), 2), ((5, 4, 7, 6), 1), ((3, 6, 5, 4), 3), ((4, 3), 0), ((), 0)],
)
def test_a_curve_is_shown_until_fewer_than_five_are_at_risk(at_risk: tuple[int, ...], until: int) -> None:
    assert shown_until({"time_days": day, "at_risk": n} for day, n in enumerate(at_risk, start=1)) == until
