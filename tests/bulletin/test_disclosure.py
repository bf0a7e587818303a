"""The rules of the public edition, each at its limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bulletin.drawn_cohort import document, draw
from bulletin.levels import variable
from onco_registry.bulletin.disclosure import public
from onco_registry.bulletin.disclosure.algebra import blocks
from onco_registry.bulletin.disclosure.attrition import attrition
from onco_registry.bulletin.disclosure.baseline import baseline
from onco_registry.bulletin.disclosure.completeness import completeness
from onco_registry.bulletin.disclosure.pooling import runs
from onco_registry.bulletin.disclosure.response import SETS, rates
from onco_registry.bulletin.disclosure.rule import Rule, withheld
from onco_registry.bulletin.disclosure.survival import follow_up, survival
from onco_registry.bulletin.document import validate
from onco_registry.bulletin.page import render
from onco_registry.bulletin.sections.response import RESPONSES

K = Rule(5)
Document = dict[str, Any]


@pytest.mark.parametrize(
    ("x", "n", "told"),
    [
        (0, 9, False), (9, 9, False), (0, 10, True), (10, 10, True), (1, 20, False), (4, 20, False), (5, 20, True),
        (15, 20, True), (16, 20, False), (19, 20, False), (5, 10, True), (5, 9, False), (4, 9, False), (0, 0, False),
    ],
)  # fmt: skip
def test_a_proportion_is_told_where_both_sides_are_none_or_k(x: int, n: int, told: bool) -> None:
    assert K.proportion(x, n) is told


def test_the_smallest_cell_of_other_sites() -> None:
    assert [Rule(11).proportion(x, 40) for x in (0, 10, 11, 29, 30, 40)] == [True, False, True, True, False, True]


@pytest.mark.parametrize(
    ("counts", "together"),
    [
        ([], []),
        ([0, 7, 5], [[0], [1], [2]]),
        ([3, 4, 9], [[0, 1], [2]]),
        ([3, 0, 0, 2, 9], [[0, 1, 2, 3], [4]]),
        # The last one is too small: it goes back to those before, as far as needed.
        ([9, 3], [[0, 1]]),
        ([9, 0, 3], [[0, 1, 2]]),
        ([0, 2], [[0, 1]]),
    ],
)
def test_small_steps_go_with_their_neighbours(counts: list[int], together: list[list[int]]) -> None:
    assert runs(counts, 5) == together


def steps(*excluded: int, left: int = 20) -> list[dict[str, Any]]:
    remaining = [left + sum(excluded[at + 1 :]) for at in range(len(excluded))]
    return [
        {"step": at, "criterion": "c", "label": f"Step {at}", "excluded": x, "remaining": remaining[at]}
        for at, x in enumerate(excluded)
    ]


def test_the_flow_with_its_small_steps_put_together() -> None:
    found = attrition(steps(0, 3, 4, 8), 20, K)
    assert [(step["step"], step["label"], step["excluded"], step["remaining"]) for step in found] == [
        (0, "Step 0", 0, 35),
        (1, "Step 1; Step 2", 7, 28),
        (2, "Step 3", 8, 20),
    ]
    assert found[1]["members"] == ["Step 1", "Step 2"]


@pytest.mark.parametrize("excluded", [(0, 1), (2, 2), (4,)])
def test_a_flow_that_excludes_a_few_in_all_is_left_out(excluded: tuple[int, ...]) -> None:
    assert attrition(steps(*excluded), 20, K) == []


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((8, 12, 0), [("L0", 8), ("L1", 12), ("L2", 0)]),
        ((20, 3, 3), [("L0", 20), ("Other", 6)]),
        # Two of at most 4 each that are 8 are both 4, so the last of the others goes with them.
        ((20, 30, 4, 4), [("L0", 20), ("Other", 38)]),
        # One of at most 4 goes with the last that could be told, whatever its size.
        ((20, 30, 3), [("L0", 20), ("Other", 33)]),
        # Of 6, one is at least 5, so that the other is 1.
        ((20, 5, 1), []),
        ((20, 3), []),
        ((6, 3), []),
        ((2, 2, 2), []),
    ],
)
def test_levels(counts: tuple[int, ...], told: list[tuple[str, int]]) -> None:
    (found,) = baseline([variable(*counts)], sum(counts), K)
    assert [(level["label"], level["x"]) for level in found["levels"]] == told
    assert found["summary"] is None


def test_of_a_summary_only_the_unit_is_told() -> None:
    entry = variable(8, 12)
    entry["summary"]["unit"] = "years"
    (found,) = baseline([entry], 20, K)
    assert {name: value for name, value in found["summary"].items() if value is not None} == {"unit": "years"}


def test_levels_of_which_a_patient_may_have_several_are_left_out() -> None:
    (found,) = baseline([variable(8, 12, multiple=True)], 20, K)
    assert found["levels"] == []


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        # CR PR SD NON-CR PD NE
        ((0, 11, 16, 0, 5, 0), {"orr", "dcr", "cr", "pr", "sd", "non-cr/non-pd", "pd", "ne"}),
        # CR of 2: PR would give it back by the rate of both.
        ((2, 11, 16, 0, 5, 0), {"orr", "dcr", "sd", "non-cr/non-pd", "pd", "ne"}),
        # Stable disease of 3 is the difference of the two rates.
        ((0, 11, 3, 0, 9, 0), {"orr", "cr", "pr"}),
        # Of the rest a few: neither rate.
        ((0, 11, 0, 0, 3, 0), set()),
        ((0, 3, 11, 0, 9, 0), {"dcr", "pd", "ne"}),
    ],
)
def test_responses(counts: tuple[int, ...], told: set[str]) -> None:
    found = rates(dict(zip(RESPONSES, counts, strict=True)), K)
    assert {name.removeprefix("response_") for name in found} == told


def test_what_told_sets_amount_to() -> None:
    assert blocks(SETS, {"orr": 11, "dcr": 27, "response_pr": 11}, 32) == {
        frozenset({"CR"}): 0,
        frozenset({"PR"}): 11,
        frozenset({"SD", "NON-CR/NON-PD"}): 16,
        frozenset({"PD", "NE", ""}): 5,
    }


def endpoint(name: str, times: list[tuple[int, int, int]], *, at_risk: int | None = None) -> dict[str, Any]:
    left = sum(events + censored for _, events, censored in times)
    points = []
    for day, events, censored in times:
        about = {"survival": 1.0, "lower": None, "upper": None}
        points.append({"time_days": day, "at_risk": left, "events": events, "censored": censored, **about})
        left -= events + censored
    if at_risk is not None:
        points[0]["at_risk"] = at_risk
    row = {
        "stratum": "overall", "measure": f"{name}_median", "estimate": 1.0, "lower": 1.0, "upper": 1.0,
        "ci_level": 0.95, "ci_method": "log-log", "x": None, "n": 40, "events": 3, "unit": "months",
    }  # fmt: skip
    rate, mean = (
        {**row, "measure": f"{name}_rate_2m"},
        {**row, "measure": f"{name}_rmst_2m", "ci_method": "rmst-normal"},
    )
    spss = {**row, "ci_method": "spss-plain"}
    curve = {"shown_until_days": 0, "points": points}
    return {"endpoint": name, "label": name, "estimates": [row, spss, rate, mean], "decided_by": [1], "curve": curve}


def intervals(entry: dict[str, Any]) -> list[tuple[int, int, int, int]]:
    points = entry["curve"]["points"]
    return [(point["time_days"], point["at_risk"], point["events"], point["censored"]) for point in points]


TIMES = [(10, 3, 0), (30, 2, 0), (31, 4, 0), (75, 6, 0), (80, 0, 6), (100, 9, 0), (130, 5, 0), (200, 0, 5)]


def test_a_curve_is_told_by_months_or_coarser() -> None:
    ((entry,), _) = survival([endpoint("pfs", TIMES)], 40, K)
    # 4 events until day 60 go with those until 90; nobody leaves until 180, and then the last 5.
    told = [(0, 40, 0, 0), (30, 40, 5, 0), (90, 35, 10, 6), (120, 19, 9, 0), (150, 10, 5, 0), (180, 5, 0, 0)]
    assert intervals(entry) == told
    assert (entry["curve"]["shown_until_days"], entry["decided_by"]) == (180, [])


def test_medians_and_rates_are_estimated_from_what_is_told() -> None:
    ((entry,), _) = survival([endpoint("pfs", TIMES)], 40, K)
    median, rate = entry["estimates"]
    # 35 of 40, 25 of 35, 10 of 19: below a half at day 120.
    assert (median["estimate"], median["events"], median["n"]) == (pytest.approx(120 / 30.4375), 29, 40)
    assert (rate["measure"], rate["estimate"]) == ("pfs_rate_2m", pytest.approx(35 / 40))
    # Of the intervals that end by then: what the curve tells, too.
    assert (rate["events"], rate["n"]) == (5, 40)


@pytest.mark.parametrize(
    ("entry", "patients"),
    [
        (endpoint("pfs", TIMES, at_risk=37), 40),  # three came later
        (endpoint("pfs", TIMES), 42),  # two have no time
        (endpoint("pfs", [(10, 3, 1)]), 4),
        (endpoint("pfs", []), 0),
    ],
)
def test_no_curve(entry: dict[str, Any], patients: int) -> None:
    ((found,), _) = survival([entry], patients, K)
    assert intervals(found) == []
    assert [(row["estimate"], row["n"], row["withheld"]) for row in found["estimates"]] == [(None, None, True)] * 2


def test_endpoints_differ_by_none_or_k_on_each_day_of_both() -> None:
    ((_, os), _) = survival(
        [endpoint("pfs", [(20, 8, 0), (50, 6, 0), (80, 26, 0)]), endpoint("os", [(20, 6, 0), (50, 5, 0), (80, 29, 0)])],
        40,
        K,
    )
    # By day 30 of 8 after progression 6 have died; by 60, of 14, 11: neither can be told.
    assert intervals(os) == []


def test_follow_up_is_that_of_survival_told() -> None:
    row = endpoint("os", [])["estimates"][0] | {"measure": "follow_up_median"}
    _, told = survival([endpoint("os", [(20, 0, 6), (50, 0, 10), (80, 0, 9), (110, 0, 15)])], 40, K)
    found = follow_up(row, told)
    assert found is not None
    assert (found["estimate"], found["events"]) == (pytest.approx(90 / 30.4375), 25)
    withheld = follow_up(row, {})
    assert withheld is not None
    assert (withheld["estimate"], withheld["n"]) == (None, None)
    assert follow_up(None, told) is None


def test_of_completeness_only_items_of_patients() -> None:
    items = {
        "seen_at_index": (40, 40), "recorded_response": (30, 40), "sums_of_diameters": (33, 40),
        "scans_with_measurements": (90, 100), "deaths_with_cause": (6, 12), "subtype": (30, 40),
    }  # fmt: skip
    rows = [{"item": item, "label": item, "x": x, "n": n} for item, (x, n) in items.items()]
    assert [(row["item"], row["x"]) for row in completeness(rows, 40, None, K)] == [
        ("seen_at_index", 40),
        ("recorded_response", 30),
        ("sums_of_diameters", None),  # 3 more than the one before
    ]


@pytest.fixture(scope="module")
def internal() -> Document:
    return document(draw(np.random.default_rng(6), 120))


def test_what_only_the_internal_edition_has(internal: Document) -> None:
    marked = internal | {
        "timeliness": [
            {
                "item": "a", "label": "A", "n": 9, "median_days": 1.0, "p90_days": 2.0, "x_late": 1,
                "late_after_days": 70,
            }
        ],
        "queries": [{"query": "q", "label": "Q", "source": None, "x": 1}],
        "consistency_checks": [{"check_name": "c", "label": "C", "status": "fail", "detail": "1 visit after death"}],
        "run": {"unmapped_codes": 3, "quarantined": 2},
        "worklist": {"on_treatment": [], "overdue_scan": [], "not_adjudicated": []},
        "translations": {"zh": {"Q": "问", "C": "查"}},
    }  # fmt: skip
    marked["response"] = marked["response"] | {"waterfall": [{"change": 0.1, "response": "SD"}], "without_change": 3}
    found = public(marked, (), 5)
    assert found is not None
    validate(found)
    assert [found[name] for name in ("changes", "contrasts", "timeliness", "queries", "worklist")] == [
        None, [], [], [], None,
    ]  # fmt: skip
    assert found["run"] == {"unmapped_codes": 3, "quarantined": None}
    assert found["consistency_checks"] == [{"check_name": "c", "label": "C", "status": "fail", "detail": None}]
    assert found["translations"] == {"zh": {"C": "查"}}
    assert [found["response"][name] for name in ("waterfall", "without_change", "swimmer", "spider", "by_source")] == [
        [], None, [], [], [],
    ]  # fmt: skip
    assert [found["safety"][name] for name in ("groups", "rates", "incidence", "laboratory", "doses")] == [[]] * 5
    assert (found["bulletin"]["edition"], found["bulletin"]["minimum_cell"]) == ("public", 5)
    assert "1 visit after death" not in render(found)


def test_who_has_no_value_comes_after_others() -> None:
    levels = [
        {"level": label, "label": label, "x": x, "missing": label == "missing"}
        for label, x in (("a", 15), ("b", 3), ("c", 3), ("missing", 11))
    ]
    (found,) = baseline([{"n": 32, "multiple": False, "summary": None, "levels": levels}], 32, K)
    assert [(level["label"], level["x"]) for level in found["levels"]] == [("a", 15), ("Other", 6), ("missing", 11)]


def test_the_page_says_what_is_left_out() -> None:
    found = public(document(draw(np.random.default_rng(1), 60)), (), 5)
    assert found is not None
    page = render(found)
    assert "The public edition leaves out, however many patients there are: why numbers changed since" in page
    assert "Of safety: single grades of a term" in page
    assert "by worst grade" not in page.partition('id="figure-adverse-events"')[2].partition("</figcaption>")[0]


def test_a_head_without_numbers_says_that_they_are_withheld() -> None:
    found = public(document(draw(np.random.default_rng(1), 60)), (), 5)
    assert found is not None
    found["headline"]["measures"] = {name: row and withheld(row) for name, row in found["headline"]["measures"].items()}
    assert "The numbers of the head are withheld in this edition." in render(found)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_of_fewer_than_k_patients_nothing_is_told(n: int) -> None:
    found = public(document(draw(np.random.default_rng(1), n)), (), 5)
    assert found is not None
    assert found["headline"]["patients"] is None
    assert (found["response"], found["safety"], found["survival"], found["baseline"]) == (None, None, [], [])
    assert all(row is None or row["n"] is None for row in found["headline"]["measures"].values())


@pytest.mark.parametrize("k", [2, 1, 0, -5])
def test_a_cell_that_hides_nobody_is_refused(internal: Document, k: int) -> None:
    with pytest.raises(ValueError, match="hides nobody: at least 3"):
        public(internal, (), k)
