"""`onco-registry check`: the declared quality checks, and the consistency of the newest estimates beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from onco_etl import quality
from onco_etl.query import scalar
from onco_registry.status import Rows, rows


def run(con: duckdb.DuckDBPyConnection, data: Path) -> Rows:
    """Run every check and keep the results: one row each, with the fields of `quality.Result`."""
    return [asdict(result) for result in quality.check(con, data)] + _consistency(con)


def failed(found: Rows, *, strict: bool) -> bool:
    """Whether monitoring should be told: a check of severity fatal or error fails or, where strict, any warns."""
    return any(row["status"] == "fail" or (strict and row["status"] == "warn") for row in found)


def summary(found: Rows) -> str:
    """How many checks ended how, and how many are worse than after the run before."""
    statuses = ("pass", "warn", "fail", "not applicable")
    counts = ", ".join(f"{sum(row['status'] == status for row in found):,} {status}" for status in statuses)
    worse = sum(row["trend"] == "worse" for row in found)
    return f"Checks: {counts}; {worse:,} worse than after the run before."


def on_screen(found: Rows, *, everything: bool) -> Rows:
    """What a screen shows: what does not pass, or everything that applies."""
    wanted = [row for row in found if row["status"] != "not applicable"] if everything else list(_alarming(found))
    return [
        {
            "check": row["check"],
            "field": ".".join(part for part in (row["cdm_table"], row["field"]) if part),
            "rows": f"{row['examined']:,}",
            "violations": f"{row['violations']:,}",
            "share": f"{row['share']:.2%}",
            "tolerated": f"{row['threshold']:.2%}",
            "status": row["status"],
            "trend": row["trend"],
            "description": row["description"],
        }
        for row in wanted
    ]


def _alarming(found: Rows) -> Sequence[dict[str, Any]]:
    return [row for row in found if row["status"] in ("warn", "fail")]


def _consistency(con: duckdb.DuckDBPyConnection) -> Rows:
    """The checks of each registry's newest estimates against each other, in the form of the others."""
    if not scalar(con, "SELECT count(*) FROM state.recompute"):
        return []
    found = rows(
        con,
        """
        SELECT c.registry, c.check_name, c.status, c.detail
        FROM results.consistency_check AS c
        JOIN state.recompute AS r USING (registry, data_cut, as_of_run, hash)
        QUALIFY rank() OVER (PARTITION BY r.registry ORDER BY r.run DESC) = 1
        ORDER BY ALL
        """,
    )
    return [
        {
            "check": f"{row['registry']}: {row['check_name']}",
            "category": "plausibility",
            "severity": "error",
            "cdm_table": "",
            "field": "",
            "examined": 1,
            "violations": int(row["status"] == "fail"),
            "share": float(row["status"] == "fail"),
            "threshold": 0.0,
            "status": row["status"],
            "previous_share": None,
            "trend": None,
            "description": row["detail"] or "The estimates agree with each other",
        }
        for row in found
    ]
