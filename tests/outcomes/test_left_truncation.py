"""Patients first seen after their index: at risk from then, curves from five at risk on, no response rate."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from onco_registry import survival
from onco_registry.contrast import arm_rows
from onco_registry.left_truncation import from_enough_at_risk
from onco_registry.registry_model import RegistryDefinition
from onco_registry.time_estimate import curves, time_rows
from outcomes.record import Record, on, rows


def _times(entry: list[int], time: list[int], event: list[int] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subject_id": range(1, len(time) + 1),
            "endpoint": "os",
            "entry_days": entry,
            "time_days": time,
            "event": [True] * len(time) if event is None else [here == 1 for here in event],
        }
    )


LATE = _times([0, 0, 0, 0, 10, 10, 20], [4, 40, 50, 55, 15, 60, 70], [1, 1, 1, 0, 1, 1, 1])
NOBODY = pd.DataFrame(columns=["person_id", "stratum", "stratum_position", "is_recorded", "label_position", "label",
                               "is_missing"])  # fmt: skip


def test_of_who_is_compared_five_of_each_are_needed() -> None:
    times = _times([0, 0, 0, 0, 0, 0, 10, 10, 20, 20, 20], [40] * 11).assign(label=["a"] * 5 + ["b"] * 6)
    assert from_enough_at_risk(times)[1] == 0
    found, day = from_enough_at_risk(times, "label")
    assert (day, found["label"].value_counts().to_dict()) == (20, {"a": 5, "b": 6})
    assert from_enough_at_risk(times.iloc[:-2], "label")[0].empty


@pytest.mark.parametrize(
    ("entry", "time", "day", "left"),
    [
        ([0, 0], [5, 9], 0, [5, 9]),  # nobody came late: all stay, however few
        ([0, 0, 0, 0, 0, 7], [5, 6, 7, 8, 9, 10], 0, [5, 6, 7, 8, 9, 10]),
        ([0, 0, 0, 0, 10, 10, 20], [4, 40, 50, 55, 15, 60, 70], 10, [40, 50, 55, 15, 60, 70]),
        (
            [0, 0, 0, 0, 0, 7],
            [5, 6, 7, 8, 9, 7],
            0,
            [5, 6, 7, 8, 9],
        ),  # one was seen no sooner than the end
        ([0, 0, 0, 3, 3], [5, 6, 7, 8, 3], 0, []),  # five are never at risk
    ],
)
def test_from_enough_at_risk(entry: list[int], time: list[int], day: int, left: list[int]) -> None:
    found, first = from_enough_at_risk(_times(entry, time))
    assert (first, found["time_days"].tolist()) == (day, left)
    assert (found["entry_days"] >= day).all()


def _only_os(registry: RegistryDefinition) -> RegistryDefinition:
    analysis = replace(registry.analysis, rates={"os": (1,)}, rmst={"os": 2})
    return replace(registry, endpoints={"os": registry.endpoints["os"]}, analysis=analysis)


def _days(months: float) -> float | None:
    return None if pd.isna(months) else round(months * 30.4375, 3)


def test_estimates_are_conditional_and_say_so(registry: RegistryDefinition) -> None:
    # By R's survfit of Surv(pmax(entry, 10), time, event) of who is alive on day 10.
    found = [
        (row["measure"], row["ci_method"], row["n"], row["events"], _days(row["estimate"]))
        for row in time_rows(_only_os(registry), LATE, NOBODY)
        if row["unit"] == "months" and row["ci_method"] != "spss-plain"
    ]
    assert found == [
        ("os_median", "log-log, from day 10", 6, 5, 50.0),
        ("os_rmst_2m", "rmst-normal, from day 10", 6, 4, 46.41),
        ("follow_up_median", "log-log, from day 10", 6, 1, None),
    ]
    curve = curves(_only_os(registry), LATE, NOBODY)
    assert rows(curve, "time_days", "at_risk", "events") == [
        (0, 0, 0), (15, 5, 1), (40, 5, 1), (50, 4, 1), (55, 3, 0), (60, 2, 1), (70, 1, 1),
    ]  # fmt: skip


def test_before_anybody_is_at_risk_nothing_is_estimated(registry: RegistryDefinition) -> None:
    late = _times([40] * 6, [70, 80, 90, 100, 110, 120])
    found = {
        row["measure"]: (row["ci_method"], row["estimate"])
        for row in time_rows(_only_os(registry), late, NOBODY)
        if row["measure"] in ("os_rate_1m", "os_rmst_2m")
    }
    assert [method for method, _ in found.values()] == ["log-log, from day 40", "rmst-normal, from day 40"]
    # Day 30 is before, day 61 is not: nobody died until then.
    assert pd.isna(found["os_rate_1m"][1])
    assert found["os_rmst_2m"][1] == pytest.approx(2)
    both = pd.concat([late.assign(arm="combination"), late.assign(entry_days=65, arm="alone")])
    [row] = [row for row in arm_rows(_only_os(registry), both) if "rmst" in row["measure"]]
    assert (row["ci_method"], pd.isna(row["estimate"])) == ("not computed: fewer than 5 at risk", True)


def test_too_few_at_risk_give_no_numbers(registry: RegistryDefinition) -> None:
    late = _times([0, 0, 0, 3, 3], [5, 6, 7, 8, 3])
    found = [row for row in time_rows(_only_os(registry), late, NOBODY) if row["ci_method"] != "spss-plain"]
    assert {row["n"] for row in found} == {0}
    assert all(pd.isna(row["estimate"]) for row in found)


def test_log_rank_of_late_entries() -> None:
    # Without ties, the score test of R's coxph.
    entry, time, event = [0, 0, 3, 1, 0, 5, 2, 0], [2, 4, 6, 5, 7, 9, 8, 10], [1, 1, 1, 0, 1, 1, 0, 1]
    group, strata = [0, 1] * 4, [1] * 4 + [2] * 4
    test = survival.log_rank(time, event, group, entry=entry)
    assert (test.statistic, test.p) == pytest.approx((1.020408163265, 0.312422211243), rel=1e-9)
    test = survival.log_rank(time, event, group, strata, entry=entry)
    assert (test.statistic, test.p) == pytest.approx((1.0, 0.317310507863), rel=1e-9)


def test_who_was_first_seen_after_index_has_no_response_rate(record: Record) -> None:
    record.member(1)
    # Of the second, index and line before are told by statements and conditions.
    record.person(2)
    record.condition(2, 201, -200)
    record.condition(2, 211, -190)
    for name, start, end in (("gamma", -180, -120), ("alpha", 0, 100), ("beta", 0, 100)):
        record.drug(2, name, start, end)
    for person in (1, 2):
        record.response(person, 60, "PR")
    results = record.results()
    assert rows(results.cohort, "subject_id", "seen_at_index") == [(1, True), (2, False)]
    orr = results.estimate[results.estimate["measure"] == "orr"]
    assert rows(orr.head(1), "stratum", "x", "n") == [("overall", 1, 1)]
    assert set(orr["n"]) == {1}
    confirmed = results.estimate[results.estimate["measure"].isin(["cbr", "orr_confirmed"])]
    assert rows(confirmed, "measure", "n") == [("cbr", 1), ("orr_confirmed", 1)]
    safety = results.estimate[results.estimate["measure"] == "ae_any"]
    assert rows(safety, "x", "n") == [(0, 2)]
    assert set(results.consistency_check["status"]) == {"pass"}
    assert on(60) in set(results.best_response["response_date"])


def test_arms_are_compared_in_pairs(registry: RegistryDefinition) -> None:
    arms = pd.concat(
        [
            _times([0] * 9, list(range(10, 100, 10))).assign(arm="combination"),
            _times([0] * 9, list(range(5, 95, 10))).assign(arm="alone"),
            _times([0], [25]).assign(arm="other"),
        ]
    )
    found = [(row["stratum"], row["measure"], row["n"], row["ci_method"]) for row in arm_rows(_only_os(registry), arms)]
    assert found == [
        ("arm=combination", "os_median", 9, "log-log"),
        ("arm=combination", "os_rate_1m", 9, "log-log"),
        ("arm=alone", "os_median", 9, "log-log"),
        ("arm=alone", "os_rate_1m", 9, "log-log"),
        ("arm=other", "os_median", 1, "log-log"),
        ("arm=other", "os_rate_1m", 1, "log-log"),
        ("arm=combination vs alone", "os_log_rank_p", 18, "log-rank"),
        ("arm=combination vs alone", "os_hazard_ratio", 18, "cox-efron-wald"),
        ("arm=combination vs alone", "os_rmst_difference_2m", 18, "rmst-normal"),
        ("arm=combination vs alone", "os_ph_test_p", 18, "cox-zph-km"),
        ("arm=combination vs other", "os_log_rank_p", 10, "log-rank"),
        ("arm=combination vs other", "os_hazard_ratio", 10, "cox-efron-wald"),
        ("arm=combination vs other", "os_rmst_difference_2m", 10, "rmst-normal"),
        ("arm=combination vs other", "os_ph_test_p", 10, "cox-zph-km"),
    ]


def test_a_difference_of_means_hangs_on_no_single_patient(registry: RegistryDefinition) -> None:
    """Of ten alone one is watched from the start and dies on day 5; nine come on day 30."""
    both = _times([0] * 12, [60 + 40 * number for number in range(12)]).assign(arm="combination")
    alone = _times([0] + [30] * 9, [5] + [120 + 40 * number for number in range(9)]).assign(arm="alone")
    [row] = [row for row in arm_rows(_only_os(registry), pd.concat([both, alone])) if "rmst" in row["measure"]]
    assert (row["n"], row["ci_method"]) == (21, "rmst-normal, from day 30")
    # All live until day 60.875, the end of two months, but the one of 12 who dies on day 60.
    assert row["estimate"] == pytest.approx(-(60.875 - 60) / 12 / 30.4375)
