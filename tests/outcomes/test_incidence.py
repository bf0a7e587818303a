"""Cumulative incidence with competing events, against numbers by hand and by lifelines."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter  # type: ignore[import-untyped]

from onco_registry.incidence import competing_incidence, incidence_at
from outcomes.record import rows


def curve(times: list[tuple[int, str]]) -> pd.DataFrame:
    time, what = (pd.Series(part) for part in zip(*times, strict=True))
    return competing_incidence(time, what == "event", what == "other")


def test_by_hand() -> None:
    found = curve([(1, "event"), (2, "other"), (3, "censored"), (4, "event"), (5, "censored")])
    columns = ("time", "at_risk", "events", "competing", "censored")
    assert rows(found, *columns) == [
        (1, 5, 1, 0, 0),
        (2, 4, 0, 1, 0),
        (3, 3, 0, 0, 1),
        (4, 2, 1, 0, 0),
        (5, 1, 0, 0, 1),
    ]
    # 1/5; then 4/5 x 3/4 = 3/5 are left free, of whom half have the event at 4.
    assert list(found["incidence"]) == pytest.approx([0.2, 0.2, 0.2, 0.5, 0.5])


def test_ties_are_taken_together() -> None:
    tied = curve([(1, "event"), (1, "other"), (1, "event"), (1, "censored")])
    assert rows(tied, "at_risk", "events", "competing", "censored", "incidence") == [(4, 2, 1, 1, 0.5)]
    shuffled = curve([(1, "other"), (1, "event"), (1, "censored"), (1, "event")])
    pd.testing.assert_frame_equal(tied, shuffled)


def test_incidences_of_all_causes_and_the_free_add_up_to_1() -> None:
    random = np.random.default_rng(7)
    time = pd.Series(random.integers(1, 15, 60))
    what = pd.Series(random.choice(["event", "other", "censored"], 60))
    ours = competing_incidence(time, what == "event", what == "other")["incidence"]
    rival = competing_incidence(time, what == "other", what == "event")["incidence"]
    free = KaplanMeierFitter().fit(time, what != "censored").survival_function_at_times(np.unique(time))
    assert list(ours + rival + free.to_numpy()) == pytest.approx([1] * len(ours))


def test_without_competing_events_it_is_kaplan_meier_with_greenwoods_error() -> None:
    random = np.random.default_rng(11)
    time, event = pd.Series(random.integers(1, 20, 50)), pd.Series(random.random(50) < 0.6)
    found = competing_incidence(time, event, pd.Series([False] * 50))
    fitter = KaplanMeierFitter().fit(time, event)
    survival = fitter.survival_function_at_times(found["time"]).to_numpy()
    assert list(found["incidence"]) == pytest.approx(list(1 - survival))
    # From the log(-log) interval back to the standard error.
    value = found["incidence"].to_numpy()
    error = np.log(np.log(found["lower"]) / np.log(value)) * value * np.log(value) / -1.959964
    at_risk, deaths = found["at_risk"].to_numpy(float), found["events"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = survival * np.sqrt(np.cumsum(deaths / (at_risk * (at_risk - deaths))))
    inside = (value > 0) & (value < 1) & (survival > 0)
    assert list(error[inside]) == pytest.approx(list(greenwood[inside]), rel=1e-5)


def test_variance_by_hand() -> None:
    # Two patients: event at 1, competing at 2. F(1) = 1/2, variance by binomial counting 1/2 * 1/2 / 2 = 1/8.
    found = curve([(1, "event"), (2, "other")])
    width = 1.959964 * math.sqrt(1 / 8) / (0.5 * math.log(0.5))
    assert (found["lower"][1], found["upper"][1]) == pytest.approx(
        (0.5 ** math.exp(-width), 0.5 ** math.exp(width)), rel=1e-5
    )


def test_at_a_time() -> None:
    found = curve([(2, "event"), (4, "censored"), (5, "censored")])
    assert incidence_at(found, 1).estimate == 0
    assert incidence_at(found, 3).estimate == pytest.approx(1 / 3)
    assert math.isnan(incidence_at(found, 6).estimate)
    complete = curve([(2, "event"), (4, "other")])
    assert incidence_at(complete, 100).estimate == 0.5


def test_nobody_gives_nothing() -> None:
    nobody = pd.Series([True])[:0]
    empty = competing_incidence(nobody.astype(int), nobody, nobody)
    assert empty.empty
    assert math.isnan(incidence_at(empty, 1).estimate)
