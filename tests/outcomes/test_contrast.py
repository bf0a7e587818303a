"""Declared contrasts: what is computed by which method, and why something is not; times by stratum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from onco_registry.contrast import contrast_rows
from onco_registry.registry_model import Contrast, RegistryDefinition
from onco_registry.time_estimate import curves, time_rows

MONTH = 30.4375
# (months, event, line); the numbers expected of them are R's, with days of 30.4375 to the month.
PATIENTS = [
    (1, 1, "second"), (3, 1, "second"), (4, 1, "second"), (6, 0, "second"), (7, 1, "second"), (9, 1, "second"),
    (12, 1, "second"), (14, 0, "second"), (2, 1, "third"), (2, 1, "third"), (3, 1, "third"), (5, 1, "third"),
    (6, 1, "third"), (8, 0, "third"), (10, 1, "third"), (13, 1, "third"),
]  # fmt: skip


def _endpoint(patients: list[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subject_id": range(1, len(patients) + 1),
            "endpoint": "pfs",
            "time_days": [round(months * MONTH) for months, _, _ in patients],
            "event": [event == 1 for _, event, _ in patients],
            "entry_days": 0,
        }
    )


def _strata(labels: list[str], name: str = "line", missing: str = "unknown") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": range(1, len(labels) + 1),
            "stratum": name,
            "stratum_position": 0,
            "is_recorded": True,
            "label_position": [{"first": 1.0, "second": 2.0, "third": 3.0}.get(label, 0.0) for label in labels],
            "label": labels,
            "is_missing": [label == missing for label in labels],
        }
    )


def _declared(registry: RegistryDefinition, **changed: Any) -> RegistryDefinition:
    values: dict[str, Any] = {"rmst": {"pfs": 12}, "contrasts": (Contrast("pfs", "line", "second"),), **changed}
    return replace(
        registry, endpoints={"pfs": registry.endpoints["pfs"]}, analysis=replace(registry.analysis, **values)
    )


def _rows(registry: RegistryDefinition, patients: list[tuple[int, int, str]]) -> list[tuple[Any, ...]]:
    found = contrast_rows(registry, _endpoint(patients), _strata([label for _, _, label in patients]))
    names = ("stratum", "measure", "n", "events", "unit", "ci_method", "estimate", "lower", "upper")
    return [tuple(row[name] for name in names) for row in found]


def test_a_contrast_with_enough_events(registry: RegistryDefinition) -> None:
    test, ratio, difference, assumption = _rows(_declared(registry), PATIENTS)
    assert test[:6] == ("line=third vs second", "pfs_log_rank_p", 16, 13, "p", "log-rank")
    assert test[6] == pytest.approx(0.590931595028, rel=1e-6)
    assert ratio[:6] == ("line=third vs second", "pfs_hazard_ratio", 16, 13, "ratio", "cox-efron-wald")
    assert ratio[6:] == pytest.approx((1.35969130543, 0.454214570369, 4.07023588998), rel=1e-6)
    assert difference[:6] == (
        "line=third vs second", "pfs_rmst_difference_12m", 16, 12, "months", "rmst-normal",
    )  # fmt: skip
    assert difference[6:] == pytest.approx((-0.873459958932, -4.778116435562, 3.031196517698), rel=1e-6)
    assert assumption[:6] == ("line=third vs second", "pfs_ph_test_p", 16, 13, "p", "cox-zph-km")
    assert assumption[6] == pytest.approx(0.923745044792, rel=1e-6)


def test_within_another_stratum(registry: RegistryDefinition) -> None:
    declared = _declared(registry, contrasts=(Contrast("pfs", "line", "second", within="status"),))
    status = _strata(["good", "poor"] * 8, "status")
    status.loc[0, "is_missing"] = True
    strata = pd.concat([_strata([label for _, _, label in PATIENTS]), status])
    found = list(contrast_rows(declared, _endpoint(PATIENTS), strata))
    # The first patient's status is not known.
    assert [row["n"] for row in found] == [15, 15, 15, 15]
    assert found[0]["estimate"] == pytest.approx(0.237109545892, rel=1e-6)
    assert found[1]["estimate"] == pytest.approx(2.082574164, rel=1e-6)


def _reasons(registry: RegistryDefinition, patients: list[tuple[int, int, str]]) -> list[tuple[str, str]]:
    found = list(contrast_rows(registry, _endpoint(patients), _strata([label for _, _, label in patients])))
    assert all(pd.isna(row["estimate"]) and pd.isna(row["lower"]) for row in found)
    return [(row["measure"], row["ci_method"]) for row in found]


@pytest.mark.parametrize(
    ("patients", "reason"),
    [
        ([p for p in PATIENTS if p[0] > 3], "not computed: 8 events, 10 are needed"),
        ([*PATIENTS, (5, 1, "first")], "not computed: 14 events, 20 are needed"),
        ([p for p in PATIENTS if p[2] == "third"], "not computed: nobody is second"),
        ([p for p in PATIENTS if p[2] == "second"], "not computed: everybody is second"),
        ([], "not computed: nobody is second"),
        ([(m, int(g == "third"), g) for m, _, g in PATIENTS] + [(4, 1, "third")] * 3,
         "not computed: no finite hazard ratio fits best"),
    ],
)  # fmt: skip
def test_a_row_says_why_a_contrast_is_not_computed(
    registry: RegistryDefinition, patients: list[tuple[int, int, str]], reason: str
) -> None:
    found = _reasons(_declared(registry), patients)
    assert {method for _, method in found} == {reason}
    assert {"pfs_log_rank_p", "pfs_ph_test_p"} <= {measure for measure, _ in found}


def test_who_has_no_label_is_not_compared(registry: RegistryDefinition) -> None:
    found = _rows(_declared(registry), [*PATIENTS, (4, 1, "unknown")])
    assert [(row[0], row[2]) for row in found] == [("line=third vs second", 16)] * 4


def test_a_mean_restricted_to_what_was_not_observed(registry: RegistryDefinition) -> None:
    found = _rows(_declared(registry, rmst={"pfs": 24}), PATIENTS)
    assert [(row[1], row[5]) for row in found if pd.isna(row[6])] == [
        ("pfs_rmst_difference_24m", "not computed: follow-up ends before 24 months")
    ]


def test_times_by_stratum(registry: RegistryDefinition) -> None:
    declared = _declared(registry, rates={"pfs": (6,)}, rates_in_weeks={"pfs": (12,)}, by_stratum={"pfs": ("line",)},
                         follow_up="os")  # fmt: skip
    endpoint, strata = _endpoint(PATIENTS), _strata([label for _, _, label in PATIENTS])
    found = [
        (row["stratum"], row["measure"], row["ci_method"], row["n"], row["events"], round(row["estimate"], 4))
        for row in time_rows(declared, endpoint, strata)
    ]
    assert found == [
        ("overall", "pfs_median", "log-log", 16, 13, 6.5051),
        ("overall", "pfs_rate_12w", "log-log", 16, 3, 0.8125),
        ("overall", "pfs_rate_6m", "log-log", 16, 7, 0.5625),
        ("overall", "pfs_median", "spss-plain", 16, 13, 6.0),
        ("overall", "pfs_rmst_12m", "rmst-normal", 16, 12, 6.8368),
        ("line=second", "pfs_median", "log-log", 8, 6, 6.9979),
        ("line=second", "pfs_rate_12w", "log-log", 8, 1, 0.875),
        ("line=second", "pfs_rate_6m", "log-log", 8, 3, 0.625),
        ("line=third", "pfs_median", "log-log", 8, 7, 5.5031),
        ("line=third", "pfs_rate_12w", "log-log", 8, 2, 0.75),
        ("line=third", "pfs_rate_6m", "log-log", 8, 4, 0.5),
    ]
    drawn = curves(declared, endpoint, strata)
    assert list(drawn.groupby("stratum", sort=False)["events"].sum().items()) == [
        ("overall", 13), ("line=second", 6), ("line=third", 7),
    ]  # fmt: skip
