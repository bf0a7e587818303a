"""What happened: runs, received versions, rows, unmapped codes and quarantine, as plain data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from onco_etl import replica, workspace
from onco_etl.landing import LandedFile, raw_lines

Rows = list[dict[str, Any]]


def rows(con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None) -> Rows:
    """The result of a query as a list of plain dictionaries; dates and times as ISO 8601 text."""
    found = con.execute(query, parameters or [])
    names = [column[0] for column in found.description or ()]
    return [
        {n: v.isoformat() if hasattr(v, "isoformat") else v for n, v in zip(names, row, strict=True)}
        for row in found.fetchall()
    ]


def runs(con: duckdb.DuckDBPyConnection) -> Rows:
    """Each run with its kind, times, status and what it received, newest last."""
    return rows(
        con,
        "SELECT run, kind, source, started, finished, status, coalesce(received, 0) AS received, message "
        "FROM state.run ORDER BY run",
    )


def status(con: duckdb.DuckDBPyConnection, data: Path) -> dict[str, Any]:
    """One screen of the workspace: runs, received versions by type and fate, CDM rows, unmapped codes, published."""
    received = rows(
        con,
        "SELECT run, resource_type, fate, reason, count(*) AS count FROM state.ledger GROUP BY ALL ORDER BY ALL",
    )
    counts = " UNION ALL ".join(f"SELECT '{t}' AS name, count(*) AS n FROM cdm.{t}" for t in workspace.CLINICAL_TABLES)
    published = replica.published_files(data / "published")
    newest = max(published, default=None)
    finished = dict(con.execute("SELECT run, finished FROM state.run").fetchall())
    return {
        "runs": runs(con),
        "received": received,
        "cdm": {row["name"]: row["n"] for row in rows(con, counts)},
        "unmapped": rows(con, 'FROM state.unmapped_code ORDER BY "count" DESC, cdm_table, source_value'),
        "published": None
        if newest is None
        else {"run": newest, "file": str(published[newest]), "time": finished[newest].isoformat()},
    }


def quarantine(con: duckdb.DuckDBPyConnection) -> Rows:
    """Each quarantined version: where it stands, which resource and element, and what is wrong with it."""
    return rows(
        con,
        """
        SELECT run, l.name AS file, line, entry, resource_type, resource, reason, element, q.message
        FROM state.quarantine AS q LEFT JOIN state.landed AS l USING (run, file_no) ORDER BY run, file_no, line, entry
        """,
    )


def quarantined_text(con: duckdb.DuckDBPyConnection, data: Path, run: int, file: str, line: int) -> str | None:
    """The line as it was received, from the landing zone; None when there is no such line. For hospital IT only."""
    found = con.execute(
        "SELECT file_no, layout, lines FROM state.landed WHERE run = $1 AND name = $2", [run, file]
    ).fetchone()
    if found is None:
        return None
    file_no, layout, lines = found
    path = data / "landing" / f"{run:06d}" / f"{file_no:05d}.json.zst"
    text = raw_lines(LandedFile(file_no, path, file, layout, None, lines), {line}).get(line)
    return None if text is None else text.decode("utf-8", errors="replace").rstrip("\n")


def fates(received: Rows) -> Rows:
    """Received versions summed over runs and reasons, for a screen."""
    counts: dict[tuple[str, str], int] = {}
    for row in received:
        key = (row["resource_type"] or "(unreadable)", row["fate"])
        counts[key] = counts.get(key, 0) + row["count"]
    return [{"resource_type": t, "fate": f, "count": n} for (t, f), n in sorted(counts.items())]
