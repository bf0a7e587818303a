"""Kaplan-Meier numbers against those of R's survival package and of the replica study."""

from __future__ import annotations

from dataclasses import astuple
from importlib.resources import files
from math import isnan, nan

import pandas as pd
import pytest

from onco_registry.exact import proportion
from onco_registry.survival import (
    DAYS_PER_MONTH,
    Interval,
    kaplan_meier,
    median,
    spss_median,
    survival_at,
)


@pytest.fixture(scope="module", name="replica")
def _replica() -> pd.DataFrame:
    with files("onco_registry.demo").joinpath("replica_32.csv").open(encoding="utf-8") as source:
        return pd.read_csv(source)


def _months(days: Interval) -> list[float]:
    return [round(value / DAYS_PER_MONTH, 2) for value in (days.estimate, days.lower, days.upper)]


@pytest.mark.parametrize(
    ("endpoint", "log_log", "spss"),
    [
        # Log-log limits as R's survfit gives them; the SPSS-style ones are those printed by the study.
        ("pfs", [7.59, 4.99, 10.87], [7.6, 3.31, 11.89]),
        ("os", [14.88, 10.87, 22.87], [14.9, 8.36, 21.44]),
    ],
)
def test_replica_medians(replica: pd.DataFrame, endpoint: str, log_log: list[float], spss: list[float]) -> None:
    days, event = replica[f"{endpoint}_days"], replica[f"{endpoint}_event"] == 1
    assert _months(median(kaplan_meier(days, event))) == log_log
    found = spss_median(days, event)
    assert [round(found.estimate, 1), round(found.lower, 2), round(found.upper, 2)] == spss


def test_replica_follow_up(replica: pd.DataFrame) -> None:
    reverse = median(kaplan_meier(replica["os_days"], replica["os_event"] == 0))
    assert round(reverse.estimate / DAYS_PER_MONTH, 1) == 18.0


@pytest.mark.parametrize(
    ("responses", "printed"),
    [(["CR", "PR"], [34.4, 18.6, 53.2]), (["CR", "PR", "SD"], [84.4, 67.2, 94.7])],
)
def test_replica_proportions(replica: pd.DataFrame, responses: list[str], printed: list[float]) -> None:
    found = proportion(int(replica["response"].isin(responses).sum()), len(replica))
    assert [round(100 * value, 1) for value in (found.estimate, found.lower, found.upper)] == printed


def test_exact_limits_at_the_ends() -> None:
    # 0 of n: upper = 1 - 0.025^(1/n); n of n: lower = 0.025^(1/n).
    assert astuple(proportion(0, 10)) == pytest.approx((0, 0, 1 - 0.025**0.1))
    assert astuple(proportion(10, 10)) == pytest.approx((1, 0.025**0.1, 1))
    assert isnan(proportion(0, 0).estimate)


def _curve(times: list[float], events: list[int]) -> pd.DataFrame:
    return kaplan_meier(pd.Series(times), pd.Series(events) == 1)


def test_curve_by_hand() -> None:
    curve = _curve([2, 3, 3, 5, 8], [1, 1, 0, 1, 0])
    assert curve[["time", "at_risk", "events", "censored"]].to_numpy().tolist() == [
        [0, 5, 0, 0],
        [2, 5, 1, 0],
        [3, 4, 1, 1],
        [5, 2, 1, 0],
        [8, 1, 0, 1],
    ]
    assert curve["survival"].round(12).tolist() == [1, 0.8, 0.6, 0.3, 0.3]
    # The log-log band: S^exp(+-z se / log S), se^2 = sum d / (n (n - d)).
    assert curve["lower"].round(4).tolist() == [1, 0.2038, 0.1257, 0.0123, 0.0123]
    assert curve["upper"].round(4).tolist() == [1, 0.9692, 0.8818, 0.7192, 0.7192]


@pytest.mark.parametrize(
    ("times", "events", "expected"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),  # the plateau at one half runs from 2 to 3
        ([1, 2, 3, 4], [1, 1, 0, 1], 3),  # from 2 to 4, the next event
        ([1, 2, 3, 4], [1, 1, 0, 0], 2),  # to the end: its left end
        ([1, 2, 3], [1, 1, 1], 2),
        ([1, 2, 3], [1, 0, 0], nan),
    ],
)
def test_median_on_a_plateau_is_its_midpoint(times: list[float], events: list[int], expected: float) -> None:
    found = median(_curve(times, events)).estimate
    assert found == expected or (isnan(found) and isnan(expected))


def test_no_limit_where_the_band_is_not_defined() -> None:
    # Survival is 0 at the last event; R gives no band there, so the upper limit is not reached.
    found = median(_curve([1, 2, 3], [1, 1, 1]))
    assert (found.estimate, found.lower) == (2, 1)
    assert isnan(found.upper)


def test_survival_at_a_time() -> None:
    curve = _curve([2, 3, 3, 5, 8], [1, 1, 0, 1, 0])
    assert survival_at(curve, 4.9).estimate == pytest.approx(0.6)
    assert survival_at(curve, 5).estimate == pytest.approx(0.3)
    assert isnan(survival_at(curve, 8.1).estimate)
    assert survival_at(_curve([1, 2], [1, 1]), 5).estimate == 0


def test_nobody_and_no_events() -> None:
    empty = _curve([], [])
    assert empty.empty
    assert isnan(median(empty).estimate)
    assert isnan(survival_at(empty, 1).estimate)
    assert isnan(spss_median(pd.Series(dtype=float), pd.Series(dtype=bool)).estimate)
    assert isnan(spss_median(pd.Series([100.0, 200]), pd.Series([False, False])).estimate)


def test_spss_interval_of_events_on_the_first_day() -> None:
    # One day rounds to 0.0 months; survival falls past .55 at time 0, so the density has no width.
    found = spss_median(pd.Series([1.0, 1.0, 60.0]), pd.Series([True, True, True]))
    assert found.estimate == 0
    assert isnan(found.lower)


def test_spss_interval_by_hand() -> None:
    # Ten events at 1 to 10 months: S(5) = .5, SE = sqrt(.5 * .5 / 10); u = 4 (.6), l = 6 (.4), f = .2 / 2.
    days = pd.Series([DAYS_PER_MONTH * month for month in range(1, 11)])
    found = spss_median(days, pd.Series([True] * 10))
    error = (0.25 / 10) ** 0.5 / 0.1
    assert (found.estimate, round(found.lower, 4), round(found.upper, 4)) == (
        5,
        round(5 - 1.959964 * error, 4),
        round(5 + 1.959964 * error, 4),
    )
