"""The replica study end to end: the demo's table, the cohort, each patient's outcome, the bulletin's headline."""

from __future__ import annotations

import csv
import json
from collections import Counter
from importlib.resources import files

from onco_registry.demo import statements
from replica.nights import NIGHTS, Demo

COMPARISON = [
    ("Patients", "32", "32", "point estimate", "yes"),
    ("Partial response", "11", "11", "point estimate", "yes"),
    ("Stable disease", "16", "16", "point estimate", "yes"),
    ("Progressive disease", "6", "5", "point estimate", "no"),
    ("Objective response rate", "34.4 %", "34.4 %", "point estimate", "yes"),
    ("Objective response rate, 95 % interval", "18.6 to 53.2 %", "18.6 to 53.2 %", "clopper-pearson", "yes"),
    ("Disease control rate", "84.4 %", "84.4 %", "point estimate", "yes"),
    ("Disease control rate, 95 % interval", "67.2 to 94.7 %", "67.2 to 94.7 %", "clopper-pearson", "yes"),
    ("Median progression-free survival", "7.6 months", "7.6 months", "point estimate", "yes"),
    (
        "Median progression-free survival, 95 % interval",
        "3.31 to 11.89 months",
        "4.99 to 10.87 months",
        "log-log",
        "not comparable",
    ),
    (
        "Median progression-free survival, 95 % interval",
        "3.31 to 11.89 months",
        "3.31 to 11.89 months",
        "spss-plain",
        "yes",
    ),
    ("Median overall survival", "14.9 months", "14.9 months", "point estimate", "yes"),
    (
        "Median overall survival, 95 % interval",
        "8.36 to 21.44 months",
        "10.87 to 22.87 months",
        "log-log",
        "not comparable",
    ),
    ("Median overall survival, 95 % interval", "8.36 to 21.44 months", "8.36 to 21.44 months", "spss-plain", "yes"),
    ("Treatment-related adverse reactions", "29 (90.6 %)", "29 (90.6 %)", "point estimate", "yes"),
    ("Treatment-related adverse reactions of grade 3-4", "13 (40.6 %)", "13 (40.6 %)", "point estimate", "yes"),
    ("Treatment-related adverse reactions of grade 5", "0", "0", "point estimate", "yes"),
]
ATTRITION = [
    ("entered", 0, 368),
    ("anlotinib_exposure", 107, 261),
    ("pd1_exposure", 62, 199),
    ("starts_too_far_apart", 25, 174),
    ("added_later", 30, 144),
    ("not_concurrent", 12, 132),
    ("diagnosis", 36, 96),
    ("metastatic", 26, 70),
    ("adult", 12, 58),
    ("prior_line", 26, 32),
]
# (run, fate, reason, received versions)
FATES = [
    (1, "excluded", "do-not-perform", 12),
    (1, "excluded", "entered-in-error", 39),
    (1, "excluded", "not-begun", 8),
    (1, "excluded", "not-done", 36),
    (1, "excluded", "potential", 1),
    (1, "excluded", "preliminary", 1),
    (1, "excluded", "refuted", 4),
    (1, "mapped", "looked-up", 17),
    (1, "mapped", "rows", 16454),
    (1, "unsupported", "unsupported-type", 32),
    (2, "excluded", "entered-in-error", 22),
    (2, "mapped", "rows", 9),
    (2, "unchanged", "same-content", 3),
]
# PR of all patients, by subtype.
SUBTYPES = [
    ("Alveolar soft part sarcoma", 4, 5),
    ("Angiosarcoma", 1, 2),
    ("Clear cell sarcoma", 0, 1),
    ("Dedifferentiated liposarcoma", 0, 3),
    ("Epithelioid sarcoma", 1, 2),
    ("Fibrosarcoma", 0, 1),
    ("Leiomyosarcoma", 2, 6),
    ("Malignant peripheral nerve sheath tumour", 0, 1),
    ("Myxofibrosarcoma", 1, 2),
    ("Pleomorphic rhabdomyosarcoma", 0, 1),
    ("Synovial sarcoma", 0, 4),
    ("Undifferentiated pleomorphic sarcoma", 1, 2),
    ("Undifferentiated sarcoma", 1, 2),
]


def test_the_printed_table(demo: Demo) -> None:
    cells = [line.split("│")[1:-1] for line in demo.printed.splitlines() if line.startswith("│")]
    assert [tuple(cell.strip() for cell in row) for row in cells] == COMPARISON
    assert demo.exit_code == 0


def test_what_the_published_numbers_imply(demo: Demo) -> None:
    said = [
        "The printed responses 11 + 16 + 6 = 33 are not the 32 patients.",
        "The printed objective response rate interval 18.6-53.2 % is that of 11 of 32, the printed disease control "
        "rate interval 67.2-94.7 % is that of 27 of 32: progressive disease and not evaluable together are 5.",
    ]
    assert statements() == said
    assert "\n".join(said) in demo.printed


def test_attrition(demo: Demo) -> None:
    # The arms of the comparison have steps of their own.
    steps = demo.site.rows(
        "SELECT criterion, excluded, remaining FROM results.attrition WHERE cohort = 'anlotinib_pd1' ORDER BY step"
    )
    assert steps == ATTRITION
    assert 368 - sum(excluded for _, excluded, _ in steps) == 32


def test_every_line_has_one_fate(demo: Demo) -> None:
    fates = "SELECT run, fate, reason, sum(versions)::INTEGER FROM registry.fate GROUP BY ALL ORDER BY ALL"
    assert demo.site.rows(fates) == FATES
    lines = Counter(
        {
            (run, file.stem): len(file.read_text(encoding="utf-8").splitlines())
            for run, name in enumerate(NIGHTS, start=1)
            for file in (demo.fhir / name).iterdir()
        }
    )
    by_type = "SELECT run, resource_type, sum(versions)::INTEGER FROM registry.fate GROUP BY ALL"
    assert {(run, kind): count for run, kind, count in demo.site.rows(by_type)} == lines
    assert demo.site.rows("SELECT received FROM registry.runs WHERE kind = 'sync' ORDER BY run") == [(16604,), (34,)]
    assert lines.total() == 16604 + 34


def test_each_patient(demo: Demo) -> None:
    found = demo.site.rows(
        """
        SELECT b.response, p.time_days, p.event::INTEGER, o.time_days, o.event::INTEGER, p.start_date::VARCHAR
        FROM results.best_response AS b
        JOIN results.endpoint AS p ON p.subject_id = b.subject_id AND p.endpoint = 'pfs'
        JOIN results.endpoint AS o ON o.subject_id = b.subject_id AND o.endpoint = 'os'
        """
    )
    columns = ("pfs_days", "pfs_event", "os_days", "os_event")
    with files("onco_registry.demo").joinpath("replica_32.csv").open(encoding="utf-8") as lines:
        planned = [
            (row["response"], *(int(row[column]) for column in columns), row["index_date"])
            for row in csv.DictReader(lines)
        ]
    assert len(found) == 32
    assert sorted(found) == sorted(planned)


def test_what_decided(demo: Demo) -> None:
    endpoints = (
        "SELECT endpoint, event, decided_by, count(*) FROM results.endpoint "
        "WHERE endpoint IN ('os', 'pfs') GROUP BY ALL ORDER BY ALL"
    )
    assert demo.site.rows(endpoints) == [
        ("os", False, "last_known_alive", 16),
        ("os", True, "death", 16),
        ("pfs", False, "last_adequate_assessment", 6),
        ("pfs", True, "death", 4),
        ("pfs", True, "progression", 22),
    ]
    responses = "SELECT response, source, count(*) FROM results.best_response GROUP BY ALL ORDER BY ALL"
    assert demo.site.rows(responses) == [
        ("PD", "recorded", 3),
        ("PD", "sums", 2),
        ("PR", "recorded", 7),
        ("PR", "sums", 4),
        ("SD", "recorded", 8),
        ("SD", "sums", 8),
    ]


def test_progression_by_irecist(demo: Demo) -> None:
    told = "SELECT confirmation, count(*) FROM results.best_immune_response WHERE chosen GROUP BY ALL ORDER BY ALL"
    assert demo.site.rows(told) == [
        ("confirmed", 5),
        ("death", 4),
        ("new therapy", 3),
        ("no later assessment", 2),
        ("treatment stopped", 8),
        (None, 10),
    ]
    best = "SELECT response, count(*) FROM results.best_immune_response WHERE chosen GROUP BY ALL ORDER BY ALL"
    assert demo.site.rows(best) == [("iCPD", 1), ("iPR", 11), ("iSD", 16), ("iUPD", 4)]


def test_response_by_subtype(demo: Demo) -> None:
    rates = """
        SELECT replace(stratum, 'subtype=', ''), x, n FROM results.estimate
        WHERE measure = 'orr' AND stratum LIKE 'subtype=%' ORDER BY 1
    """
    assert demo.site.rows(rates) == SUBTYPES


def test_no_check_fails(demo: Demo) -> None:
    checks = demo.site.rows("SELECT check_name, status FROM results.consistency_check")
    assert len(checks) == 13
    assert {status for _, status in checks} == {"pass"}


def test_headline_of_the_bulletin(demo: Demo) -> None:
    headline = json.loads(demo.site.current_bulletin("bulletin.json"))["headline"]
    printed = [
        (name, row["ci_method"], row["x"], row["events"], row["n"], row["estimate"], row["lower"], row["upper"])
        for name, row in headline["measures"].items()
    ]
    assert headline["patients"] == 32
    assert [(row[0], *row[2:5], round(row[5], 4)) for row in printed] == [
        ("dcr", 27, None, 32, 0.8438),
        ("follow_up_median", None, 16, 32, 18.037),
        ("orr", 11, None, 32, 0.3438),
        ("os_median", None, 16, 32, 14.883),
        ("pfs_median", None, 26, 32, 7.5893),
        ("ttd_any_median", None, 31, 32, 5.5359),
    ]
    computed = demo.site.rows(
        """
        SELECT measure, ci_method, x, events, n, round(estimate, 10), round(lower, 10), round(upper, 10)
        FROM results.estimate WHERE stratum = 'overall'
        """
    )
    assert set(printed) <= set(computed)
