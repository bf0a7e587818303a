"""A small registry of eight patients as literal frames, and a parser of the page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.bulletin.page import render
from onco_registry.bulletin.statement import say
from onco_registry.bulletin.unbroken import JOINER

Frames = dict[str, pd.DataFrame]

ESTIMATE = [
    # cohort, stratum, measure, estimate, lower, upper, ci_level, ci_method, x, n, events, unit
    ("both", "overall", "orr", 0.375, 0.0852, 0.7551, 0.95, "clopper-pearson", 3, 8, None, "proportion"),
    ("both", "overall", "dcr", 0.75, 0.3491, 0.9681, 0.95, "clopper-pearson", 6, 8, None, "proportion"),
    ("both", "overall", "response_cr", 0.0, 0.0, 0.3694, 0.95, "clopper-pearson", 0, 8, None, "proportion"),
    ("both", "overall", "response_pr", 0.375, 0.0852, 0.7551, 0.95, "clopper-pearson", 3, 8, None, "proportion"),
    ("both", "overall", "response_sd", 0.375, 0.0852, 0.7551, 0.95, "clopper-pearson", 3, 8, None, "proportion"),
    ("both", "overall", "response_pd", 0.125, 0.0032, 0.5265, 0.95, "clopper-pearson", 1, 8, None, "proportion"),
    ("both", "overall", "response_ne", 0.125, 0.0032, 0.5265, 0.95, "clopper-pearson", 1, 8, None, "proportion"),
    ("both", "subtype=Alpha", "orr", 0.4, 0.0527, 0.8534, 0.95, "clopper-pearson", 2, 5, None, "proportion"),
    ("both", "subtype=Beta", "orr", 0.3333, 0.0084, 0.9057, 0.95, "clopper-pearson", 1, 3, None, "proportion"),
    ("both", "overall", "pfs_median", 6.25, 1.1, 9.95, 0.95, "spss-plain", None, 8, 5, "months"),
    ("both", "overall", "pfs_median", 6.25, 2.04, None, 0.95, "log-log", None, 8, 5, "months"),
    ("both", "overall", "pfs_rate_12m", 0.25, 0.0371, 0.5581, 0.95, "log-log", None, 8, 5, "proportion"),
    ("both", "overall", "pfs_rate_6m", 0.625, 0.2293, 0.8607, 0.95, "log-log", None, 8, 2, "proportion"),
    ("both", "overall", "os_median", None, 6.1, None, 0.95, "log-log", None, 8, 2, "months"),
    ("both", "overall", "follow_up_median", 12.5, 8.0, 14.0, 0.95, "log-log", None, 8, 6, "months"),
    ("both", "overall", "ae_any", 0.875, 0.4735, 0.9968, 0.95, "clopper-pearson", 7, 8, None, "proportion"),
    ("both", "overall", "ae_related", 0.75, 0.3491, 0.9681, 0.95, "clopper-pearson", 6, 8, None, "proportion"),
    ("both", "overall", "ae_grade_3_4", 0.25, 0.0319, 0.6509, 0.95, "clopper-pearson", 2, 8, None, "proportion"),
    ("both", "overall", "ae_grade_3_4_related", 0.125, 0.0032, 0.5265, 0.95, "exact", 1, 8, None, "proportion"),
    ("one only", "overall", "orr", 1.0, 0.025, 1.0, 0.95, "clopper-pearson", 1, 1, None, "proportion"),
]  # fmt: skip
ATTRITION = [
    ("both", 1, "exposure", "Both drugs started", 12, 20),
    ("both", 2, "diagnosis", "Diagnosis <declared> & dated", 12, 8),
    ("both", 3, "adult", "Adult at index", 0, 8),
    ("one only", 1, "exposure", "One drug started", 5, 1),
]
BEST_RESPONSE = [
    (987001, "PR", "2022-03-01", "recorded", -0.4, "Alpha"),
    (987002, "PR", "2022-03-02", "sums", -0.3, "Alpha"),
    (987003, "PR", "2022-03-03", "recorded", -0.55, "Beta"),
    (987004, "SD", "2022-03-04", "recorded", -0.1, "Alpha"),
    (987005, "SD", "2022-03-05", "sums", 0.0, "Alpha"),
    (987006, "SD", "2022-03-06", "recorded", 0.12, "Beta"),
    (987007, "PD", "2022-03-07", "recorded", 1.34, "Alpha"),
    (987008, "NE", None, None, None, "Beta"),
]
ENDPOINT = [
    (987001, "pfs", "2022-01-01", 400, False, "last_adequate_assessment", "2023-02-04", None, None),
    (987002, "pfs", "2022-01-02", 60, True, "progression", "2022-03-02", "measurement", 11),
    (987003, "pfs", "2022-01-03", 90, True, "progression", "2022-04-02", "measurement", 12),
    (987004, "pfs", "2022-01-04", 120, True, "death", "2022-05-03", "death", 4),
    (987001, "os", "2022-01-01", 430, False, "last_known_alive", "2023-03-06", None, None),
    (987004, "os", "2022-01-04", 120, True, "death", "2022-05-03", "death", 4),
]
CURVE = [
    ("pfs", "overall", 60, 8, 1, 0, 0.875, 0.3870, 0.9814),
    ("pfs", "overall", 120, 7, 1, 1, 0.75, 0.3148, 0.9309),
    ("pfs", "overall", 190, 5, 1, 0, 0.6, 0.1935, 0.8533),
    ("pfs", "overall", 300, 4, 2, 0, 0.3, 0.0471, 0.6170),
    ("pfs", "overall", 400, 2, 0, 2, 0.3, 0.0471, 0.6170),
    ("pfs", "subtype=Alpha", 60, 5, 1, 0, 0.8, 0.2, 0.97),
    ("os", "overall", 120, 8, 2, 0, 0.75, 0.3148, 0.9309),
    ("os", "overall", 430, 6, 0, 6, 0.75, 0.3148, 0.9309),
]
AE_TABLE = [
    ("Cough", False, 1, 2, 8), ("Cough", True, 1, 1, 8),
    ("Rash", False, 1, 3, 8), ("Rash", False, 3, 1, 8), ("Rash", True, 3, 1, 8),
]  # fmt: skip
# An arm, dated by its landmark, and the registry's own.
COHORT = [
    (3, 987001, "2022-02-12"), (3, 987009, "2022-02-12"),
    (7, 987001, "2022-01-01"), (7, 987002, "2022-01-02"), (7, 987003, "2022-01-03"), (7, 987004, "2022-01-04"),
]  # fmt: skip
TARGET_SUM = [
    (987002, "2021-12-30", None), (987002, "2022-03-02", -0.3), (987002, "2022-05-02", -0.25),
    (987003, "2021-12-20", None),
    # Nothing to compare with.
    (987004, "2022-03-04", None), (987004, "2022-05-04", None),
]  # fmt: skip
ASSESSMENT = [
    (987004, "2022-03-04", True, "SD"), (987004, "2022-03-05", False, "PD"), (987004, "2022-02-04", True, "SD"),
]  # fmt: skip
DOSE = [
    (987001, "drug_a", "2021-12-31", "2022-06-01", "ongoing"),
    # A supply that would have lasted longer than the patient lived.
    (987004, "drug_a", "2022-01-04", "2022-07-15", "died on treatment"),
    (987004, "drug_b", "2022-01-05", "2022-02-05", "discontinued"),
]
SAFETY_TABLE = [
    ("any", "", False, 7, 5, 2, 0, 0, 8),
    ("serious", "", False, 2, 0, 2, 0, 0, 8),
    ("group", "skin_group", False, 4, 3, 1, 0, 0, 8),
    ("group", "bleeding", False, 0, 0, 0, 0, 0, 8),
    ("term", "Rash", False, 4, 3, 1, 0, 0, 8),
    ("term", "Rash", True, 1, 0, 1, 0, 0, 8),
    ("term", "Cough", False, 3, 2, 0, 0, 1, 8),
    ("term", "Cough", True, 1, 1, 0, 0, 0, 8),
]
AE_RATE = [
    ("any", "", False, 8, 7, 365, 700.7, 281.7, 1443.8, 21.0),
    ("group", "skin_group", False, 8, 4, 730, 200.1, 54.5, 512.4, 60.0),
    ("term", "Rash", False, 8, 4, 730, 200.1, 54.5, 512.4, 60.0),
]
AE_INCIDENCE = [
    ("group", "skin_group", False, 60, 6, 2, 0, 0, 0.5, 0.1, 0.8),
    ("group", "skin_group", False, 30, 8, 2, 0, 0, 0.25, 0.03, 0.56),
    ("group", "skin_group", True, 30, 8, 1, 0, 0, 0.125, 0.01, 0.42),
    ("group", "bleeding", False, 90, 8, 0, 1, 7, 0.0, None, None),
]
LABORATORY_TABLE = [("Anemia", None, 1, 2, 1, 7), ("Anemia", 0, 2, 5, 2, 7), ("Anemia", None, None, 1, 1, 7)]
BASELINE = [
    ("age", "", "summary", 7, 8, 58.0, 44.5, 66.25, 31.0, 79.0, "years"),
    ("age", "18-44", "count", 2, 8, None, None, None, None, None, None),
    ("age", "45 and over", "count", 5, 8, None, None, None, None, None, None),
    ("age", "missing", "count", 1, 8, None, None, None, None, None, None),
    ("sites", "Lung", "multiple", 6, 8, None, None, None, None, None, None),
    ("sites", "Bone", "multiple", 3, 8, None, None, None, None, None, None),
]
TIMELINESS = [("scan_interval", 14, 56.0, 71.4, 2, 70), ("death", 3, 4.5, 9.0, None, None)]
ON_TREATMENT = [(987001, "Drug a, Drug b", "2021-12-31", "2022-05-28", "2022-05-30", "2022-03-01", 149)]
OVERDUE_SCAN = [(987001, "2022-02-04", "2022-04-15", 46, None)]
NOT_ADJUDICATED = [(987002, "2022-03-02", "sums", "PR", "sources_disagree", "clinician", "SD")]
RESPONSE_QUERY = [("no_baseline", "sums"), ("no_baseline", "sums")]
ADVERSE_EVENT = [("Cough", "Airways"), ("Rash", "Skin"), ("Rash", "Skin")]
SAFETY_QUERY = [("laboratory_grade_without_event", "laboratory")]
COMPLETENESS = [("lesion_sums", 7, 8), ("death_date_complete", 0, 0)]
CHECKS = [
    ("responses_add_up", "pass", "3 + 3 + 1 + 1 = 8"),
    ("no_contact_after_death", "fail", "1 visit after death"),
]
COLUMNS = {
    "estimate": "cohort stratum measure estimate lower upper ci_level ci_method x n events unit",
    "attrition": "cohort step criterion label excluded remaining",
    "best_response": "subject_id response response_date source best_change subtype",
    "endpoint": "subject_id endpoint start_date time_days event decided_by decided_on cdm_table cdm_row_id",
    "curve": "endpoint stratum time_days at_risk events censored survival lower upper",
    "ae_table": "term related_only grade x n",
    "cohort": "cohort_definition_id subject_id cohort_start_date",
    "target_sum": "subject_id assessment_date change_from_baseline",
    "assessment": "subject_id assessment_date chosen response",
    "dose": "subject_id component first_dose_date last_dose_date status",
    "safety_table": "kind item related_only x x_grade_1_2 x_grade_3_4 x_grade_5 x_not_graded n",
    "ae_rate": "kind item related_only n events person_days rate lower upper first_median_days",
    "ae_incidence": "kind item related_only time_days at_risk events competing censored incidence lower upper",
    "laboratory_table": "term baseline_grade worst_grade x x_not_evaluable n",
    "response_query": "query source",
    "safety_query": "query source",
    "adverse_event": "term ae_class",
    "baseline": "variable level kind x n median lower_quartile upper_quartile minimum maximum unit",
    "timeliness": "item n median_days p90_days x_late late_after_days",
    "on_treatment": (
        "subject_id components first_dose_date last_dose_date last_contact_date progression_date days_on_treatment"
    ),
    "overdue_scan": "subject_id last_assessment_date due_date days_overdue last_contact_date",
    "not_adjudicated": "subject_id assessment_date source response reason other_source other_response",
    "completeness": "item x n",
    "consistency_check": "check_name status detail",
}
ROWS: dict[str, list[Any]] = {
    "estimate": ESTIMATE, "attrition": ATTRITION, "best_response": BEST_RESPONSE, "endpoint": ENDPOINT,
    "curve": CURVE, "ae_table": AE_TABLE, "completeness": COMPLETENESS, "consistency_check": CHECKS,
    "cohort": COHORT, "target_sum": TARGET_SUM, "assessment": ASSESSMENT, "dose": DOSE, "safety_table": SAFETY_TABLE,
    "ae_rate": AE_RATE, "ae_incidence": AE_INCIDENCE, "laboratory_table": LABORATORY_TABLE,
    "response_query": RESPONSE_QUERY, "baseline": BASELINE, "timeliness": TIMELINESS, "on_treatment": ON_TREATMENT,
    "overdue_scan": OVERDUE_SCAN, "not_adjudicated": NOT_ADJUDICATED, "safety_query": SAFETY_QUERY,
    "adverse_event": ADVERSE_EVENT,
}  # fmt: skip


@pytest.fixture
def frames() -> Frames:
    return {name: pd.DataFrame(rows, columns=COLUMNS[name].split()) for name, rows in ROWS.items()}


@pytest.fixture
def empty_frames() -> Frames:
    return {name: pd.DataFrame(columns=columns.split()) for name, columns in COLUMNS.items()}


@pytest.fixture
def meta() -> BulletinMeta:
    return BulletinMeta(
        registry="two_drugs",
        title="Two drugs in a rare disease",
        cohort="both",
        cohort_id=7,
        data_cut=date(2022, 5, 31),
        knowledge_run=42,
        computed=datetime(2022, 7, 1, 8, 30, tzinfo=UTC),
        patients=8,
        hash="c0ffee",
        notes=("A caveat of this registry.",),
        sources=("main",),
        unmapped_codes=14,
        quarantined=3,
        fictional=True,
        labels={"subtype": "Histological subtype", "lesion_sums": "Sums of target lesions"},
        facts={
            "index": [say("index_later", components=["Drug a", "Drug b"], days=42)],
            "response": [say("response_sources", sources=["recorded", "sums"])],
        },
    )


@pytest.fixture
def document(frames: Frames, meta: BulletinMeta) -> dict[str, Any]:
    return build(frames, meta)


@dataclass
class Page(HTMLParser):
    """The page as start tags with their attributes, table cells by table id, and text by element id."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str | None]] = []
        self._table: str | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag not in {"meta", "link", "line", "rect", "path", "circle", "br"}:
            self._open.append((tag, attributes.get("id")))
        if tag == "table":
            self._table = attributes["id"]
            self.tables[self._table] = []
        elif tag == "tr" and self._table:
            self.tables[self._table].append([])
        elif tag in {"td", "th"} and self._table:
            self.tables[self._table][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "table":
            self._table = None

    def handle_data(self, data: str) -> None:
        data = data.replace(JOINER, "")
        for _, name in self._open:
            if name:
                self.texts[name] = " ".join(f"{self.texts.get(name, '')} {data}".split())
        if self._table and self._open[-1][0] != "caption" and self.tables[self._table]:
            row = self.tables[self._table][-1]
            if row:
                row[-1] = " ".join(f"{row[-1]} {data}".split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def parse() -> Callable[[str], Page]:
    def parsed(html: str) -> Page:
        page = Page()
        page.feed(html)
        return page

    return parsed


@pytest.fixture
def page(document: dict[str, Any], parse: Callable[[str], Page]) -> Page:
    return parse(render(document))
