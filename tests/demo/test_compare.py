"""compare() by literal frames, and what the printed numbers say about each other."""

from __future__ import annotations

import pandas as pd

from onco_registry.demo.compare import compare, contradicted, disagreements, implied_counts, statements

COLUMNS = ["stratum", "measure", "estimate", "lower", "upper", "ci_method", "x", "n"]
ESTIMATES = [
    ("overall", "orr", 11 / 32, 0.18572, 0.53193, "clopper-pearson", 11, 32),
    ("overall", "dcr", 26 / 32, 0.63561, 0.92794, "clopper-pearson", 26, 32),
    ("overall", "pfs_median", 231 / 30.4375, 4.99, 10.87, "log-log", None, 32),
    ("overall", "pfs_median", 7.6, 3.3123, 11.8877, "spss-plain", None, 32),
    ("overall", "os_median", 453 / 30.4375, 10.91, float("nan"), "log", None, 32),
    ("overall", "response_pd", 5 / 32, 0.05275, 0.32788, "clopper-pearson", 5, 32),
    ("overall", "ae_related", 29 / 32, 0.74978, 0.98023, "clopper-pearson", 29, 32),
    ("overall", "ae_grade_5_related", 0.0, 0.0, 0.10888, "clopper-pearson", 0, 32),
    ("subtype=x", "orr", 1.0, 0.5, 1.0, "clopper-pearson", 5, 5),
]


def test_compare_at_the_printed_decimals() -> None:
    table = compare(pd.DataFrame(ESTIMATES, columns=COLUMNS))
    assert list(table.columns) == ["measure", "published", "computed", "method", "agrees"]
    assert [tuple(row) for row in table.itertuples(index=False)] == [
        ("Patients", "32", "32", "point estimate", "yes"),
        ("Partial response", "11", "missing", "point estimate", "no"),
        ("Stable disease", "16", "missing", "point estimate", "no"),
        ("Progressive disease", "6", "5", "point estimate", "no"),
        ("Objective response rate", "34.4 %", "34.4 %", "point estimate", "yes"),
        ("Objective response rate, 95 % interval", "18.6 to 53.2 %", "18.6 to 53.2 %", "clopper-pearson", "yes"),
        ("Disease control rate", "84.4 %", "81.3 %", "point estimate", "no"),
        ("Disease control rate, 95 % interval", "67.2 to 94.7 %", "63.6 to 92.8 %", "clopper-pearson", "no"),
        ("Median progression-free survival", "7.6 months", "7.6 months", "point estimate", "yes"),
        ("Median progression-free survival, 95 % interval", "3.31 to 11.89 months", "4.99 to 10.87 months", "log-log",
         "not comparable"),
        ("Median progression-free survival, 95 % interval", "3.31 to 11.89 months", "3.31 to 11.89 months",
         "spss-plain", "yes"),
        ("Median overall survival", "14.9 months", "14.9 months", "point estimate", "yes"),
        ("Median overall survival, 95 % interval", "8.36 to 21.44 months", "10.91 to not reached months", "log",
         "not comparable"),
        ("Treatment-related adverse reactions", "29 (90.6 %)", "29 (90.6 %)", "point estimate", "yes"),
        ("Treatment-related adverse reactions of grade 3-4", "13 (40.6 %)", "missing", "point estimate", "no"),
        ("Treatment-related adverse reactions of grade 5", "0", "0", "point estimate", "yes"),
    ]  # fmt: skip


def test_a_count_that_cannot_be_is_no_disagreement() -> None:
    assert contradicted() == ["Progressive disease"]
    table = compare(pd.DataFrame(ESTIMATES, columns=COLUMNS))
    assert list(disagreements(table)["measure"]) == [
        "Partial response",
        "Stable disease",
        "Disease control rate",
        "Disease control rate, 95 % interval",
        "Treatment-related adverse reactions of grade 3-4",
    ]


def test_printed_numbers_contradict_each_other() -> None:
    assert statements() == [
        "The printed responses 11 + 16 + 6 = 33 are not the 32 patients.",
        "The printed objective response rate interval 18.6-53.2 % is that of 11 of 32, the printed disease control "
        "rate interval 67.2-94.7 % is that of 27 of 32: progressive disease and not evaluable together are 5.",
    ]


def test_an_interval_that_no_count_gives_implies_nothing() -> None:
    printed = {"scale": 100, "interval": {"lower": "18.6", "upper": "53.3"}}
    assert implied_counts(printed, 32, 0.95) == []
    assert implied_counts({"scale": 100, "interval": {"lower": "0.0", "upper": "10.9"}}, 32, 0.95) == [0]
