"""Results frames -> lists of plain records: the only place where the bulletin touches pandas."""

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
    "endpoint": ("endpoint", "event", "decided_by"),
    "curve": ("endpoint", "stratum", "time_days", "at_risk", "events", "censored", "survival", "lower", "upper"),
    "ae_table": ("term", "related_only", "grade", "x", "n"),
    "completeness": ("item", "x", "n"),
    "consistency_check": ("check_name", "status", "detail"),
}  # fmt: skip

COUNTS = frozenset({"step", "excluded", "remaining", "x", "n", "events", "at_risk", "censored", "grade"})
# Ten decimals: far more than is ever printed, and few enough that the last bits of a float, which differ
# between processors and library builds, do not change the canonical bytes.
DECIMALS = 10


def records(results: Mapping[str, pd.DataFrame], name: str) -> list[Record]:
    """The rows of one frame as plain records of the columns the bulletin uses; a missing value is None.

    Identifiers of persons and CDM rows are not among these columns, so they cannot reach the document.
    Raises ValueError naming the frame, or its missing columns.
    """
    if name not in results:
        raise ValueError(f"the bulletin needs the frame {name!r}")
    frame = results[name]
    missing = [column for column in COLUMNS[name] if column not in frame.columns]
    if missing:
        raise ValueError(f"frame {name!r} lacks {', '.join(missing)}")
    used = frame.loc[:, list(COLUMNS[name])]
    counts = {column: "Int64" for column in used.columns if column in COUNTS}
    text = used.astype(counts).to_json(orient="records", double_precision=DECIMALS)
    plain: list[Record] = json.loads(text)
    return plain


def of_cohort(rows: Iterable[Record], cohort: str) -> list[Record]:
    """The rows of one cohort, without the column that says so."""
    return [{key: value for key, value in row.items() if key != "cohort"} for row in rows if row["cohort"] == cohort]
