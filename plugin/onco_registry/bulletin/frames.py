"""Results frames -> lists of plain records: the only place where the bulletin touches pandas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

Record = dict[str, Any]

COLUMNS: dict[str, tuple[str, ...]] = {
    "estimate": (
        "cohort", "stratum", "measure", "estimate", "lower", "upper",
        "ci_level", "ci_method", "x", "n", "events", "unit",
    ),
    "attrition": ("cohort", "step", "criterion", "label", "excluded", "remaining"),
    "best_response": ("response", "source", "best_change"),
    "response_query": ("query", "source"),
    "safety_query": ("query", "source"),
    "endpoint": ("endpoint", "event", "decided_by"),
    "curve": ("endpoint", "stratum", "time_days", "at_risk", "events", "censored", "survival", "lower", "upper"),
    "ae_table": ("term", "related_only", "grade", "x", "n"),
    "adverse_event": ("term", "ae_class"),
    "safety_table": (
        "kind", "item", "related_only", "x", "x_grade_1_2", "x_grade_3_4", "x_grade_5", "x_not_graded", "n",
    ),
    "ae_rate": (
        "kind", "item", "related_only", "n", "events", "person_days", "rate", "lower", "upper", "first_median_days",
    ),
    "ae_incidence": (
        "kind", "item", "related_only", "time_days", "at_risk", "events", "competing", "censored",
        "incidence", "lower", "upper",
    ),
    "laboratory_table": ("term", "baseline_grade", "worst_grade", "x", "x_not_evaluable", "n"),
    "baseline": (
        "variable", "level", "kind", "x", "n",
        "median", "lower_quartile", "upper_quartile", "minimum", "maximum", "unit",
    ),
    "completeness": ("item", "x", "n"),
    "timeliness": ("item", "n", "median_days", "p90_days", "x_late", "late_after_days"),
    "consistency_check": ("check_name", "status", "detail"),
}  # fmt: skip
# Read by patient, to be joined; `subject_id` goes no further than `sections.courses` and `sections.worklist`.
PATIENT_COLUMNS: dict[str, tuple[str, ...]] = {
    "cohort": ("cohort_definition_id", "subject_id", "cohort_start_date"),
    "best_response": ("subject_id", "response"),
    "target_sum": ("subject_id", "assessment_date", "change_from_baseline"),
    "assessment": ("subject_id", "assessment_date", "chosen", "response"),
    "endpoint": ("subject_id", "endpoint", "event", "decided_by", "decided_on"),
    "dose": ("subject_id", "component", "first_dose_date", "last_dose_date", "status"),
    "on_treatment": (
        "subject_id",
        "components",
        "first_dose_date",
        "last_dose_date",
        "last_contact_date",
        "progression_date",
        "days_on_treatment",
    ),
    "overdue_scan": ("subject_id", "last_assessment_date", "due_date", "days_overdue", "last_contact_date"),
    "not_adjudicated": (
        "subject_id",
        "assessment_date",
        "source",
        "response",
        "reason",
        "other_source",
        "other_response",
    ),
}

COUNTS = frozenset(
    {
        "step", "excluded", "remaining", "x", "x_grade_1_2", "x_grade_3_4", "x_grade_5", "x_not_graded", "n", "events",
        "competing", "at_risk", "censored", "grade", "baseline_grade", "worst_grade", "person_days",
        "subject_id", "x_late", "late_after_days", "days_on_treatment", "days_overdue",
    }
)  # fmt: skip
DATES = frozenset(
    {
        "cohort_start_date", "assessment_date", "decided_on", "first_dose_date", "last_dose_date",
        "last_assessment_date", "due_date", "last_contact_date", "progression_date",
    }
)  # fmt: skip
# Ten decimals: far more than is ever printed, and few enough that the last bits of a float, which differ
# between processors and library builds, do not change the canonical bytes.
DECIMALS = 10


def records(results: Mapping[str, pd.DataFrame], name: str) -> list[Record]:
    """The rows of one frame as plain records of the columns the bulletin uses; a missing value is None.

    Identifiers of persons and CDM rows are not among these columns, so they cannot reach the document.
    Raises ValueError naming the frame, or its missing columns.
    """
    return _plain(results, name, COLUMNS[name])


def by_patient(results: Mapping[str, pd.DataFrame], cohort_id: int) -> dict[str, list[Record]]:
    """The frames of PATIENT_COLUMNS as plain records with `subject_id`; dates are ISO texts. `cohort` is the one with
    this cohort_definition_id, the registry's own.
    """
    found = {name: _plain(results, name, columns) for name, columns in PATIENT_COLUMNS.items()}
    return found | {"cohort": [row for row in found["cohort"] if row["cohort_definition_id"] == cohort_id]}


def _plain(results: Mapping[str, pd.DataFrame], name: str, columns: tuple[str, ...]) -> list[Record]:
    if name not in results:
        raise ValueError(f"the bulletin needs the frame {name!r}")
    frame = results[name]
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"frame {name!r} lacks {', '.join(missing)}")
    used = frame.loc[:, list(columns)]
    counts = {column: "Int64" for column in used.columns if column in COUNTS}
    dated = used.astype(counts).assign(**{name: _iso(used[name]) for name in used.columns if name in DATES})
    text = dated.to_json(orient="records", double_precision=DECIMALS)
    plain: list[Record] = json.loads(text)
    return plain


def _iso(days: pd.Series[Any]) -> pd.Series[Any]:
    return days.astype(str).str.slice(0, 10).where(days.notna(), None)


def of_cohort(rows: Iterable[Record], cohort: str) -> list[Record]:
    """The rows of one cohort, without the column that says so."""
    return [{key: value for key, value in row.items() if key != "cohort"} for row in rows if row["cohort"] == cohort]
