"""`onco-registry check`: the books of the ETL, and the consistency checks of the newest estimates."""

from __future__ import annotations

from importlib.resources import files

import duckdb

from onco_etl.query import literal, scalar
from onco_registry.status import Rows, rows

_REASONS = files("onco_mappings").joinpath("reasons.csv")
# Each gives the number of violations; 0 passes.
_BOOKS = {
    "every received version has one fate": """
        SELECT count(*) FROM state.run AS r
        LEFT JOIN (SELECT run, count(fate) AS fates FROM state.ledger GROUP BY run) AS l USING (run)
        WHERE r.kind = 'sync' AND r.status = 'complete' AND r.received IS DISTINCT FROM coalesce(l.fates, 0)
    """,
    "every reason is documented": """
        SELECT count(*) FROM state.ledger WHERE reason NOT IN (SELECT reason FROM {reasons})
    """,
    "the last run was complete: if not, run it again": """
        SELECT count(*) FROM state.run
        WHERE status <> 'complete' AND run > (SELECT coalesce(max(run), 0) FROM state.run WHERE status = 'complete')
    """,
    "every measurement lies in its person's observation period": """
        SELECT count(*) FROM cdm.measurement AS m
        LEFT JOIN cdm.observation_period AS p ON p.person_id = m.person_id
            AND m.measurement_date BETWEEN p.observation_period_start_date AND p.observation_period_end_date
        WHERE p.person_id IS NULL
    """,
}


def run(con: duckdb.DuckDBPyConnection) -> Rows:
    """One row per check: scope, check_name, status (pass or fail), detail."""
    found: Rows = []
    for name, query in _BOOKS.items():
        violations = scalar(con, query.format(reasons=f"read_csv({literal(str(_REASONS))}, header = true)"))
        status = "fail" if violations else "pass"
        found.append(
            {
                "scope": "etl",
                "check_name": name,
                "status": status,
                "detail": "" if not violations else f"{violations:,} found",
            }
        )
    if scalar(con, "SELECT count(*) FROM state.recompute"):
        found += rows(
            con,
            """
            SELECT c.registry AS scope, c.check_name, c.status, c.detail
            FROM results.consistency_check AS c
            JOIN state.recompute AS r USING (registry, data_cut, as_of_run, hash)
            QUALIFY rank() OVER (PARTITION BY r.registry ORDER BY r.run DESC) = 1
            ORDER BY ALL
            """,
        )
    return found
