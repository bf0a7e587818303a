"""What the numbers are by other rules, by group and by further endpoints: in the document, in the page and as CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from onco_registry.bulletin.document import build
from onco_registry.bulletin.layout import told
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.page import render
from onco_registry.bulletin.statement import say
from onco_registry.bulletin.tables import tables

Frames = dict[str, pd.DataFrame]
EXACT, LOG_LOG = ("clopper-pearson", "proportion"), ("log-log", "months")


def rate(stratum: str, measure: str, x: int, n: int = 8) -> tuple[Any, ...]:
    return ("both", stratum, measure, x / n, 0.1, 0.9, 0.95, EXACT[0], x, n, None, EXACT[1])


def median(stratum: str, measure: str, value: float | None, events: int, n: int) -> tuple[Any, ...]:
    limits = (None, None) if value is None else (value - 1, None)
    return ("both", stratum, measure, value, *limits, 0.95, LOG_LOG[0], None, n, events, LOG_LOG[1])


ROWS = [
    rate("source=recorded", "orr_by_source", 2),
    rate("source=recorded", "dcr_by_source", 4),
    rate("source=lesions", "orr_by_source", 0),
    rate("source=lesions", "dcr_by_source", 0),
    rate("source=recorded", "orr_confirmed_by_source", 1),
    rate("overall", "sd_minimum_35d", 4),
    rate("overall", "dcr_minimum_35d", 7),
    rate("overall", "orr_baseline_42d", 3),
    rate("overall", "dcr_baseline_42d", 6),
    rate("overall", "iorr", 4),
    rate("overall", "idcr", 6),
    rate("overall", "iupd_any", 4),
    rate("overall", "iupd_confirmed", 1),
    rate("overall", "iupd_closed_by_response", 2),
    rate("site=Here", "orr", 3),
    median("subtype=Alpha", "pfs_median", 7.0, 3, 5),
    median("subtype=Beta", "pfs_median", 5.0, 2, 3),
    median("subtype=Alpha", "os_median", None, 1, 5),
    median("arm=one", "pfs_median", 4.0, 9, 20),
    median("cohort=later", "pfs_median", 3.0, 2, 6),
    median("overall", "ttnt_median", 9.0, 4, 8),
    ("both", "overall", "ttnt_median", 9.0, 7.5, 10.5, 0.95, "spss-plain", None, 8, 4, "months"),
    median("overall", "dor_median", None, 1, 3),
    median("overall", "ipfs_median", 8.0, 4, 8),
]
COMPLETENESS = [("recorded_response", 5, 8), ("lesion_measurements", 0, 8)]


@pytest.fixture(name="declared")
def _declared(frames: Frames, meta: BulletinMeta) -> tuple[Frames, BulletinMeta]:
    estimate = pd.concat([frames["estimate"], pd.DataFrame(ROWS, columns=frames["estimate"].columns)])
    completeness = pd.DataFrame(COMPLETENESS, columns=frames["completeness"].columns)
    later = ("one only", 2, "adult", "Adult at index", 1, 0)
    attrition = pd.concat([frames["attrition"], pd.DataFrame([later], columns=frames["attrition"].columns)])
    labels = {**meta.labels, "ttnt": "Time to next treatment", "later": "Added later"}
    facts = {**meta.facts, "comparators": [say("comparators", days=42, arms=["one"], endpoints=["pfs"])]}
    meta = dataclasses.replace(meta, labels=labels, facts=facts, endpoints=("pfs", "os"))
    return {**frames, "estimate": estimate, "completeness": completeness, "attrition": attrition}, meta


@pytest.fixture(name="document")
def _document(declared: tuple[Frames, BulletinMeta]) -> dict[str, Any]:
    return build(*declared)


def test_rates_by_rule_without_a_source_that_nobody_has(document: dict[str, Any]) -> None:
    names = ("rule", "value", "rate", "x", "n", "assessed")
    assert [tuple(row[name] for name in names) for row in document["response"]["by_rule"]] == [
        ("source", "recorded", "orr", 2, 8, 5),
        ("source", "recorded", "dcr", 4, 8, 5),
        ("baseline", "42", "orr", 3, 8, None),
        ("baseline", "42", "dcr", 6, 8, None),
        ("minimum", "35", "dcr", 7, 8, None),
        ("immune", "", "orr", 4, 8, None),
        ("immune", "", "dcr", 6, 8, None),
    ]


def test_the_page_has_a_row_for_each_rule(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    assert parse(render(document)).tables["table-by-rule"][1:] == [
        ["As above", "3/8 37.5% (8.5–75.5)", "6/8 75.0% (34.9–96.8)"],
        ["Recorded response alone assessed: 5/8", "2/8 25.0% (10.0–90.0)", "4/8 50.0% (10.0–90.0)"],
        ["Baseline at most 42 days before the index date", "3/8 37.5% (10.0–90.0)", "6/8 75.0% (10.0–90.0)"],
        ["Stable disease from 35 days", "–", "7/8 87.5% (10.0–90.0)"],
        ["By iRECIST", "4/8 50.0% (10.0–90.0)", "6/8 75.0% (10.0–90.0)"],
    ]


def test_medians_of_groups_that_are_not_too_small(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    in_document = {entry["endpoint"]: [one["variable"] for one in entry["strata"]] for entry in document["survival"]}
    assert in_document == {"pfs": ["subtype", "arm", "cohort"], "os": ["subtype"]}
    # Beta has three patients; of none of the groups a curve is told that has five at risk so late.
    assert parse(render(document)).tables["table-medians"][1:] == [
        ["Histological subtype"],
        ["Alpha", "3/5 7.0 months (6.0–not reached) *", "1/5 not reached"],
        ["Arms, from day 42 after the first drug"],
        ["One", "9/20 4.0 months (3.0–not reached) *", "–"],
        ["Further cohort, from the day of the addition"],
        ["Added later", "2/6 3.0 months (2.0–not reached) *", "–"],
    ]


def test_further_endpoints_have_one_median_each(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    found = document["further_endpoints"]
    assert [(row["endpoint"], row["label"], row["ci_method"], row["lower"]) for row in found] == [
        ("ttnt", "Time to next treatment", "log-log", 8.0),
        ("dor", "Dor", "log-log", None),
        ("ipfs", "Ipfs", "log-log", 7.0),
    ]
    assert parse(render(document)).tables["table-further-endpoints"][1] == [
        "Time to next treatment fewer than 5 at risk", "4/8", "9.0 months", "8.0–not reached log–log", "log–log",
    ]  # fmt: skip


def test_what_became_of_progression_by_irecist(document: dict[str, Any]) -> None:
    found = document["response"]["immune_progression"]
    assert [(row["measure"], row["x"]) for row in found] == [
        ("iupd_any", 4), ("iupd_confirmed", 1), ("iupd_closed_by_response", 2),
    ]  # fmt: skip
    told = "unconfirmed, in 4 patients, confirmed in 1, and followed by response or stable disease in 2"
    assert told in render(document)
    without = document | {"further_endpoints": document["further_endpoints"][:2]}
    assert told not in render(without)


def test_a_stratum_of_one_group_is_named_and_not_drawn(document: dict[str, Any]) -> None:
    assert [one["variable"] for one in document["response"]["strata"]] == ["subtype", "site"]
    page = render(document)
    assert "Not drawn, for all patients are in one group: Site: Here." in page
    assert 'class="forest-group">Site' not in page


def test_each_is_a_table(document: dict[str, Any]) -> None:
    files = tables(document)
    lines = {
        name: files[f"tables/{name}.csv"].decode("utf-8-sig").splitlines()
        for name in ("response_by_rule", "survival_strata", "further_endpoints")
    }
    assert {name: len(found) - 1 for name, found in lines.items()} == {
        "response_by_rule": 7,
        "survival_strata": 5,
        "further_endpoints": 3,
    }
    assert lines["survival_strata"][2].startswith("pfs,Pfs,subtype,Histological subtype,subtype=Beta,pfs_median,5.0,")


@pytest.mark.parametrize(
    ("points", "estimates", "is_told"),
    [
        ([], [{"withheld": True}], False),
        ([], [{"withheld": True}, {}], True),
        ([{"time_days": 0}], [{"withheld": True}], True),
        ([{"time_days": 0}], [], False),
    ],
)
def test_estimates_stand_in_a_table_where_any_or_their_curve_is_told(
    points: list[Any], estimates: list[Any], is_told: bool
) -> None:
    entry = {"curve": {"points": points}, "estimates": estimates}
    assert told([entry]) == ([entry] if is_told else [])


def test_the_flow_of_other_cohorts_by_reason(document: dict[str, Any], parse: Callable[[str], Any]) -> None:
    assert document["further_flows"] == [
        {
            "cohort": "one only",
            "label": "One only",
            "steps": [
                {"step": 1, "criterion": "exposure", "label": "One drug started", "excluded": 5, "remaining": 1},
                {"step": 2, "criterion": "adult", "label": "Adult at index", "excluded": 1, "remaining": 0},
            ],
        }
    ]
    assert parse(render(document)).tables["table-flows"] == [
        ["Reason for exclusion", "One only"],
        ["Considered", "1"],
        ["Adult at index", "1"],
        ["In the group", "0"],
    ]
