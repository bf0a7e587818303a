"""Quality: run the declared checks on the workspace, compare with the last run, keep the results per run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import structlog

from onco_etl import quality_counts
from onco_etl.quality_checks import Instance, instances
from onco_etl.query import literal, scalar
from onco_etl.runs import timed

log = structlog.get_logger()

# The share of violating rows is the same as before within this difference; from or to none it is never the same.
TREND_TOLERANCE = 0.001


@dataclass(frozen=True)
class Result:
    """What one check found in one table and field.

    examined: rows that the check is about. share: of them, those that violate it; tolerated up to `threshold`.
    status: pass, warn, fail or not applicable. trend: better, same or worse than `previous_share`, that of the last
    run that was checked; None where there is none.
    """

    check: str
    category: str
    severity: str
    cdm_table: str
    field: str
    examined: int
    violations: int
    share: float
    threshold: float
    status: str
    previous_share: float | None
    trend: str | None
    description: str


def check(con: duckdb.DuckDBPyConnection, data: Path) -> list[Result]:
    """Run every check, keep the results as those of the newest run, and log how many fail."""
    with timed("checked"):
        results = run(con, data)
        con.execute("BEGIN")
        record(con, results)
        con.execute("COMMIT")
    failing, warning = (sum(result.status == status for result in results) for status in ("fail", "warn"))
    if failing or warning:
        log.warning("quality", failing=failing, warning=warning, see="onco-registry check")
    return results


def run(con: duckdb.DuckDBPyConnection, data: Path) -> list[Result]:
    """Every check of the workspace as it is now, in the order of the file; nothing before the first complete run."""
    newest = newest_run(con)
    if newest is None:
        return []
    counts = quality_counts.counts(con, data)
    previous = _previous(con, newest)
    return [
        result(instance, *counts[n], previous.get((instance.check.name, instance.table, instance.field)))
        for n, instance in enumerate(instances())
        if n in counts
    ]


def record(con: duckdb.DuckDBPyConnection, results: Sequence[Result]) -> None:
    """Keep the results as those of the newest complete run, instead of what was kept of it."""
    if not results:
        return
    newest = newest_run(con)
    rows = [[*asdict(result).values()][:-1] for result in results]
    values = ", ".join(f"({newest}, {', '.join(map(_literal, row))})" for row in rows)
    con.execute(f"DELETE FROM state.quality WHERE run = {newest}; INSERT INTO state.quality VALUES {values}")


def failing(con: duckdb.DuckDBPyConnection) -> list[str]:
    """`check table.field` of what fails in the newest run that was checked, in alphabetical order."""
    found = con.execute(
        """
        SELECT DISTINCT concat_ws(' ', check_name, nullif(concat_ws('.', nullif(cdm_table, ''), nullif(field, '')), ''))
        FROM state.quality WHERE status = 'fail' AND run = (SELECT max(run) FROM state.quality) ORDER BY 1
        """
    )
    return [name for (name,) in found.fetchall()]


def newest_run(con: duckdb.DuckDBPyConnection) -> int | None:
    """The newest complete run, None before the first."""
    found: int | None = scalar(con, "SELECT max(run) FROM state.run WHERE status = 'complete'")
    return found


def result(instance: Instance, examined: int, violations: int, previous: float | None) -> Result:
    """What `violations` among `examined` rows mean: a share above the threshold fails, or warns at severity warning."""
    check = instance.check
    share = violations / examined if examined else float(violations > 0)
    failing = share > check.threshold
    status = "pass"
    if not examined and not violations:
        status = "not applicable"
    elif failing and check.severity != "info":
        status = "warn" if check.severity == "warning" else "fail"
    return Result(
        check.name,
        check.category,
        check.severity,
        instance.table,
        instance.field,
        examined,
        violations,
        share,
        check.threshold,
        status,
        previous,
        None if previous is None or status == "not applicable" else trend(previous, share),
        check.description,
    )


def trend(previous: float, share: float) -> str:
    """Better, same or worse; from none to some is always worse, from some to none always better."""
    if previous == share or (previous and share and abs(share - previous) <= TREND_TOLERANCE):
        return "same"
    return "worse" if share > previous else "better"


def _previous(con: duckdb.DuckDBPyConnection, newest: int) -> dict[tuple[str, str, str], float]:
    """(check, table, field) -> share in the newest run before this one that was checked."""
    found = con.execute(
        f"""
        SELECT check_name, cdm_table, field, share FROM state.quality
        WHERE status <> 'not applicable' AND run = (SELECT max(run) FROM state.quality WHERE run < {newest})
        """
    )
    return {(check, table, name): share for check, table, name, share in found.fetchall()}


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, float) else literal(value)
