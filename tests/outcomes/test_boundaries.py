"""Estimators at their boundaries: tiny tables in, numbers out, by hand or (where said) by R's survival 3.5-3."""

from __future__ import annotations

from dataclasses import astuple
from math import nan, sqrt

import pandas as pd
import pytest

from onco_registry import survival
from onco_registry.exact import incidence_rate, proportion
from onco_registry.survival.sample import times

TIES = ([1, 2, 2, 3, 3, 3], [1, 1, 0, 1, 1, 0])
FIVE = ([2, 3, 3, 5, 8], [1, 1, 0, 1, 0])
FIVE_DEAD = ([2, 3, 3, 5, 8], [1, 1, 0, 1, 1])
TRUNCATED = ([2, 3, 5, 4], [1, 1, 0, 1], [0, 1, 1, 3])
TWO_GROUPS = ([1, 2, 3, 4, 2, 3, 5, 6], [1, 1, 0, 1, 0, 1, 1, 0])
HALVES = [0, 0, 0, 0, 1, 1, 1, 1]


def approx(*values: float) -> object:
    return pytest.approx(values, rel=1e-8, nan_ok=True)


@pytest.mark.parametrize(
    ("x", "n", "estimate", "lower", "upper"),
    [
        (0, 0, nan, nan, nan),
        (0, 1, 0, 0, 0.975),
        (1, 1, 1, 0.025, 1),
        (0, 5, 0, 0, 1 - 0.025**0.2),
        (5, 5, 1, 0.025**0.2, 1),
        (1, 5, 0.2, 0.005050763379, 0.716417936118),  # by R's binom.test, as those below
        (11, 32, 0.34375, 0.1857190917, 0.5319310363),
        (27, 32, 0.84375, 0.6721212343, 0.9472494356),
        (29, 32, 0.90625, 0.7497730493, 0.9802328198),
        (13, 32, 0.40625, 0.2369841006, 0.5935507534),
        (1, 1000, 0.001, 2.531748749e-05, 5.558924280e-03),
    ],
)
def test_exact_binomial(x: int, n: int, estimate: float, lower: float, upper: float) -> None:
    assert astuple(proportion(x, n)) == approx(estimate, lower, upper)


def test_exact_binomial_at_another_level() -> None:
    assert astuple(proportion(11, 32, 90)) == approx(0.34375, 0.2061833813, 0.5041914942)


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_no_proportion(x: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{x} of {n} is no proportion"):
        proportion(x, n)


@pytest.mark.parametrize(
    ("events", "time", "rate", "lower", "upper"),
    [
        (0, 0, nan, nan, nan),
        (0, 1, 0, 0, 3.688879454),
        (0, 100, 0, 0, 0.03688879454),
        (1, 100, 0.01, 0.0002531780798, 0.0557164339094),  # by R's poisson.test, as those below
        (2, 100, 0.02, 0.002422092785, 0.072246876677),
        (5, 100, 0.05, 0.0162348639, 0.1166833208),
        (10, 100, 0.1, 0.04795388696, 0.18390356042),
    ],
)
def test_exact_poisson(events: int, time: float, rate: float, lower: float, upper: float) -> None:
    assert astuple(incidence_rate(events, time)) == approx(rate, lower, upper)


@pytest.mark.parametrize(("events", "time"), [(-1, 5), (1, 0), (0, -1)])
def test_no_rate(events: int, time: float) -> None:
    with pytest.raises(ValueError, match="are no rate"):
        incidence_rate(events, time)


@pytest.mark.parametrize(
    ("conf_type", "lower", "upper"),
    [
        # By R. Who is censored at 2 and at 3 is at risk of the events of that day.
        ("log-log", [1, 0.273122849928, 0.194616636806, 0.009569136539],
         [1, 0.9747124267, 0.9044341643, 0.6147205233]),
        ("log", [1, 0.58265479548, 0.37860646089, 0.04070289748], [1, 1, 1, 1]),
        ("plain", [1, 0.5351343094, 0.2894714220, 0], [1, 1, 1, 0.5994174669]),
    ],
)  # fmt: skip
def test_ties_of_events_and_censorings(conf_type: str, lower: list[float], upper: list[float]) -> None:
    curve = survival.kaplan_meier(*TIES, conf_type=conf_type)
    assert curve["at_risk"].tolist() == [6, 6, 5, 3]
    assert curve["survival"].tolist() == approx(1, 5 / 6, 2 / 3, 2 / 9)
    assert curve["lower"].tolist() == approx(*lower)
    assert curve["upper"].tolist() == approx(*upper)


@pytest.mark.parametrize(
    ("conf_type", "alive", "dead"),
    [
        # R: before anybody's time 1 and 1; at a censoring with survival 1 none by log-log; at survival 0 none.
        ("log-log", (nan, nan), (nan, nan)),
        ("log", (1, 1), (nan, nan)),
        ("plain", (1, 1), (nan, nan)),
    ],
)
def test_band_at_one_and_at_zero(conf_type: str, alive: tuple[float, float], dead: tuple[float, float]) -> None:
    curve = survival.kaplan_meier([1, 2], [0, 1], conf_type=conf_type)
    limits = [tuple(row) for row in curve[["lower", "upper"]].to_numpy()]
    assert curve["survival"].tolist() == [1, 1, 0]
    assert limits[0] == (1, 1)
    assert limits[1] == approx(*alive)
    assert limits[2] == approx(*dead)


def test_an_event_on_day_zero() -> None:
    curve = survival.kaplan_meier([0, 1], [1, 0])
    assert curve[["time", "at_risk", "events", "survival"]].to_numpy().tolist() == [[0, 2, 1, 0.5], [1, 1, 0, 0.5]]


def test_left_truncation() -> None:
    curve = survival.kaplan_meier(*TRUNCATED[:2], entry=TRUNCATED[2])
    # The one who enters at 3 is not at risk of the event at 3. By R.
    assert curve["at_risk"].tolist() == [1, 3, 2, 2, 1]
    assert curve["survival"].tolist() == approx(1, 2 / 3, 1 / 3, 1 / 6, 1 / 6)
    assert curve["lower"].tolist()[1:4] == approx(0.054073426787, 0.008961628331, 0.002909026295)
    assert curve["upper"].tolist()[1:4] == approx(0.9452063873, 0.7741486504, 0.5771042733)


def test_survival_stays_zero_once_nobody_was_left() -> None:
    curve = survival.kaplan_meier([2, 4, 4, 6, 9], [1, 0, 1, 1, 1], entry=[0, 2, 3, 4, 6])
    assert curve["at_risk"].tolist() == [1, 1, 2, 1, 1]
    assert curve["survival"].tolist() == [1, 0, 0, 0, 0]


def test_times_that_differ_by_rounding_are_ties() -> None:
    curve = survival.kaplan_meier([0.1 + 0.2, 0.3, 1], [1, 1, 1])
    assert curve[["time", "at_risk", "events"]].to_numpy().tolist() == [[0, 3, 0], [0.3, 3, 2], [1, 1, 1]]


@pytest.mark.parametrize("wrong", [[1.0, nan], [1.0, -1.0]])
def test_a_time_that_is_none(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="a time is missing or negative"):
        times(wrong)


@pytest.mark.parametrize("entry", [[0, 2], [0, 3], [0, nan]])
def test_an_entry_that_is_not_before_its_time(entry: list[float]) -> None:
    with pytest.raises(ValueError, match="an entry is missing, or not before its time"):
        times([1, 2], entry)


def test_no_such_interval() -> None:
    with pytest.raises(ValueError, match="no interval 'loglog': one of log-log, log, plain"):
        survival.kaplan_meier([1], [1], conf_type="loglog")


@pytest.mark.parametrize(
    ("time", "event", "probability", "expected"),
    [
        # By R's quantile(): the estimate, and the limits where the band crosses.
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.25, (1.5, 1, 3)),
        ([1, 2, 3, 4], [1, 1, 1, 1], 0.5, (2.5, 1, nan)),
        ([1, 2, 3, 4], [1, 1, 1, 1], 1, (4, nan, nan)),
        ([1, 2, 3, 4], [1, 1, 0, 0], 0.5, (3, 1, nan)),
        ([1, 2, 3, 4], [1, 1, 0, 0], 0.75, (nan, 1, nan)),
        ([1, 2, 3, 4], [1, 1, 0, 0], 1, (nan, nan, nan)),
        ([1, 2, 3, 4], [1, 1, 0, 1], 0.5, (3, 1, nan)),
        (*FIVE_DEAD, 0, (0, 0, 0)),
        (*FIVE_DEAD, 0.1, (2, 2, 3)),
        (*FIVE_DEAD, 0.2, (2.5, 2, 5)),
        (*FIVE_DEAD, 0.4, (4, 2, nan)),
        (range(1, 11), [1] * 10, 0.05, (1, 1, 2)),
        (range(1, 11), [1] * 10, 0.1, (1.5, 1, 3)),
        (range(1, 11), [1] * 10, 0.95, (10, 8, nan)),
        ([1], [0], 0.5, (nan, nan, nan)),
        ([], [], 0.5, (nan, nan, nan)),
    ],
)
def test_quantiles(
    time: list[float], event: list[int], probability: float, expected: tuple[float, float, float]
) -> None:
    assert astuple(survival.quantile(survival.kaplan_meier(time, event), probability)) == approx(*expected)


def test_a_narrower_band_has_nearer_limits() -> None:
    curve = survival.kaplan_meier(range(1, 11), [1] * 10, 90)
    assert astuple(survival.quantile(curve, 0.5)) == (5.5, 2, 8)
    assert astuple(survival.median(survival.kaplan_meier(range(1, 11), [1] * 10))) == (5.5, 1, 8)


@pytest.mark.parametrize("probability", [-0.1, 1.1])
def test_no_quantile(probability: float) -> None:
    with pytest.raises(ValueError, match="a probability lies between 0 and 1"):
        survival.quantile(survival.kaplan_meier([1], [1]), probability)


@pytest.mark.parametrize(
    ("sample", "time", "extend", "expected"),
    [
        (FIVE, 0, False, (1, 1, 1)),
        (FIVE, 1.9, False, (1, 1, 1)),
        (FIVE, 2, False, (0.8, 0.20380926327, 0.9691797889)),
        (FIVE, 8, False, (0.3, 0.01230153, 0.7192180)),
        (FIVE, 8.1, False, (nan, nan, nan)),
        (FIVE, 8.1, True, (0.3, 0.01230153, 0.7192180)),
        (FIVE_DEAD, 8.1, False, (0, nan, nan)),
    ],
)
def test_landmarks(
    sample: tuple[list[int], list[int]], time: float, extend: bool, expected: tuple[float, float, float]
) -> None:
    found = survival.survival_at(survival.kaplan_meier(*sample), time, extend=extend)
    assert astuple(found) == pytest.approx(expected, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    ("sample", "until", "mean", "error"),
    [
        # By R's print(rmean = ).
        (FIVE, 1, 1, 0),
        (FIVE, 2, 2, 0),
        (FIVE, 4, 3.4, 0.3577708764),
        (FIVE, 5, 4, 0.5656854249),
        (FIVE, 8, 4.9, 1.092245394),
        (FIVE, 9, nan, nan),
        (FIVE_DEAD, 10, 4.9, 1.092245394),
        (([5], [1]), 9, 5, 0),
        (([], []), 9, nan, nan),
    ],
)
def test_restricted_means(sample: tuple[list[int], list[int]], until: float, mean: float, error: float) -> None:
    assert astuple(survival.rmst(survival.kaplan_meier(*sample), until)) == approx(mean, error)


def test_restricted_mean_by_hand() -> None:
    # One of two dies at 1: area 1 + 1 x .5; variance (area after 1)^2 x 1 / (2 x 1).
    curve = survival.kaplan_meier([1, 2], [1, 0])
    assert astuple(survival.rmst(curve, 2)) == approx(1.5, 0.5 / sqrt(2))
    low, high = 1.5 - 1.959963985 * 0.5 / sqrt(2), 1.5 + 1.959963985 * 0.5 / sqrt(2)
    assert astuple(survival.rmst(curve, 2).interval()) == approx(1.5, low, high)
    assert astuple(survival.rmst_difference(curve, curve, 2)) == approx(0, 0.5)
    with pytest.raises(ValueError, match="a restricted mean needs a time above 0"):
        survival.rmst(curve, 0)


def test_restricted_mean_of_a_truncated_sample() -> None:
    curve = survival.kaplan_meier(*TRUNCATED[:2], entry=TRUNCATED[2])
    assert astuple(survival.rmst(curve, 4)) == approx(3, 0.4714045208)


def test_follow_up_by_reverse_kaplan_meier() -> None:
    # By R: the censored at 10 falls together with nobody's event; being censored is the event.
    reverse = survival.kaplan_meier([5, 10, 10, 15, 20], [0, 1, 0, 1, 1])
    assert astuple(survival.median(reverse)) == approx(15, 10, nan)


@pytest.mark.parametrize(
    ("group", "strata", "expected", "statistic", "degrees", "p"),
    [
        # By R's survdiff.
        (HALVES, None, (1.661904762, 3.338095238), 1.8707147765, 1, 0.1713932377),
        (HALVES, [0, 1] * 4, (1.833333333, 3.166666667), 1.4, 1, 0.2367235706),
        ([0, 0, 1, 1, 1, 2, 2, 2], None, (0.3928571429, 1.5369047619, 3.0702380952), 8.41563710406, 2, 0.01487879027),
    ],
)
def test_log_rank(
    group: list[int], strata: list[int] | None, expected: tuple[float, ...], statistic: float, degrees: int, p: float
) -> None:
    test = survival.log_rank(*TWO_GROUPS, group, strata)
    assert tuple(test.expected.values()) == approx(*expected)
    assert (test.statistic, test.p) == approx(statistic, p)
    assert (test.degrees, sum(test.observed.values())) == (degrees, 5)


@pytest.mark.parametrize(
    ("time", "event", "group", "degrees"),
    [
        ([1, 2], [1, 1], [0, 0], 0),  # one group
        ([1, 2], [0, 0], [0, 1], 0),  # no event
        ([1, 1], [1, 1], [0, 1], 1),  # everybody at the only time: no event could have been another's
        ([1, 2, 3], [0, 1, 1], [0, 1, 1], 0),  # one group is gone before the first event
    ],
)
def test_no_log_rank(time: list[int], event: list[int], group: list[int], degrees: int) -> None:
    test = survival.log_rank(time, event, group)
    assert (test.statistic, test.p) == approx(nan, nan)
    assert test.degrees == degrees


@pytest.mark.parametrize(
    ("sample", "group", "entry", "log_hazard", "error", "km"),
    [
        # By R's coxph (Efron) and cox.zph.
        (TWO_GROUPS, HALVES, None, -1.460565182, 1.161335825, 0.05231123159),
        (([1, 1, 1, 2, 2, 3, 4, 4], [1, 1, 1, 1, 1, 0, 1, 1]), [0, 1, 1, 0, 1, 0, 0, 1], None, 0.4664254913,
         0.7673688142, 0.1779716437),
        (([2, 3, 4, 5, 6, 6], [1, 1, 1, 0, 1, 1]), [0, 1, 0, 1, 1, 0], [0, 0, 1, 1, 2, 0], -0.4119714456,
         0.9199755859, 0.08708610804),
    ],
)  # fmt: skip
def test_cox_with_ties_and_truncation(
    sample: tuple[list[int], list[int]], group: list[int], entry: list[int] | None, log_hazard: float, error: float,
    km: float,
) -> None:  # fmt: skip
    covariates = pd.DataFrame({"group": group})
    model = survival.cox(covariates, *sample, entry=entry)
    assert tuple(model.table.loc["group", ["log_hazard", "std_error"]]) == approx(log_hazard, error)
    test = survival.ph_test(covariates, [log_hazard], *sample, entry=entry)
    assert test["statistic"].tolist() == pytest.approx([km, km], rel=1e-7)
    assert test["degrees"].tolist() == [1, 1]


def test_proportional_hazards_by_identity() -> None:
    test = survival.ph_test(pd.DataFrame({"group": HALVES}), [-1.460565182], *TWO_GROUPS, transform="identity")
    assert tuple(test.loc["group", ["statistic", "p"]]) == pytest.approx((0.09627190349, 0.7563502137), rel=1e-7)
    with pytest.raises(ValueError, match="no transform 'rank': one of km, identity"):
        survival.ph_test(pd.DataFrame({"group": HALVES}), [0], *TWO_GROUPS, transform="rank")


@pytest.mark.parametrize(
    ("time", "event", "group"),
    [
        ([1, 2, 3, 4], [1, 1, 0, 0], [0, 0, 1, 1]),  # no event in one group
        ([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1]),  # one group is gone before the other's first event
        ([1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 0, 0]),  # a covariate without spread
        ([1, 2], [0, 0], [0, 1]),  # no event at all
    ],
)
def test_no_hazard_ratio(time: list[int], event: list[int], group: list[int]) -> None:
    with pytest.raises(ValueError, match="no finite hazard ratio fits best"):
        survival.cox(pd.DataFrame({"group": group}), time, event)


@pytest.mark.parametrize(
    ("conf_type", "first", "second"),
    [
        # By R's survfit of a multi-state Surv: limits of cause 1 and cause 2 at 1, 2, 3 and 4.
        ("log-log",
         ([0.008369039907, 0.051975750377, 0.051975750377, 0.051975750377],
          [0.5818530260, 0.7528157914, 0.7528157914, 0.7528157914]),
         ([nan, 0.008369039907, 0.008369039907, 0.125730182994], [nan, 0.5818530260, 0.5818530260, 0.8817564074])),
        ("log",
         ([0.03464911851, 0.13672178039, 0.13672178039, 0.13672178039], [1, 1, 1, 1]),
         ([nan, 0.03464911851, 0.03464911851, 0.29331643164], [nan, 1, 1, 1])),
        ("plain",
         ([0, 0, 0, 0], [0.5506090162, 0.8294065945, 0.8294065945, 0.8294065945]),
         ([0, 0, 0, 0.1705934055], [0, 0.5506090162, 0.5506090162, 1])),
    ],
)  # fmt: skip
def test_incidence_with_tied_causes(
    conf_type: str, first: tuple[list[float], list[float]], second: tuple[list[float], list[float]]
) -> None:
    table = survival.cumulative_incidence([1, 2, 2, 3, 4], [1, 1, 2, 0, 2], conf_type=conf_type)
    for cause, incidence, error, limits in (
        (1, (0, 0.2, 0.4, 0.4, 0.4), (0, 0.1788854382, 0.2190890230, 0.2190890230, 0.2190890230), first),
        (2, (0, 0, 0.2, 0.2, 0.6), (0, 0, 0.1788854382, 0.1788854382, 0.2190890230), second),
    ):
        own = table[table["cause"] == cause]
        assert own["at_risk"].tolist() == [5, 5, 4, 2, 1]
        assert own["incidence"].tolist() == approx(*incidence)
        assert own["std_error"].tolist() == approx(*error)
        assert own["lower"].tolist()[1:] == approx(*limits[0])
        assert own["upper"].tolist()[1:] == approx(*limits[1])


def test_incidence_of_a_truncated_sample() -> None:
    table = survival.cumulative_incidence([2, 3, 3, 5], [1, 1, 2, 0], entry=[0, 1, 1, 2])
    last = table[table["time"] == 5]
    assert last["incidence"].tolist() == approx(5 / 9, 2 / 9)
    assert last["std_error"].tolist() == approx(0.2342427896, 0.2159611813)
    assert last["lower"].tolist() == approx(0.090918156564, 0.004812795658)


def test_incidence_of_one_cause_is_what_kaplan_meier_leaves() -> None:
    table = survival.cumulative_incidence(*FIVE_DEAD)
    assert table["incidence"].tolist() == approx(*(1 - survival.kaplan_meier(*FIVE_DEAD)["survival"]))


@pytest.mark.parametrize("cause", [[], [0, 0]])
def test_no_incidence_without_a_cause(cause: list[int]) -> None:
    assert survival.cumulative_incidence(list(range(1, len(cause) + 1)), cause).empty
