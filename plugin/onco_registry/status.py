"""What happened: runs, received versions, rows, unmapped codes and quarantine, as plain data."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from onco_etl import fhir_schema, opt_out, replica, workspace
from onco_etl.errors import StateError
from onco_etl.landing import LandedFile, raw_lines
from onco_etl.runs import NOT_MERGED
from onco_registry import clock

Rows = list[dict[str, Any]]


def rows(
    con: duckdb.DuckDBPyConnection,
    query: str,
    parameters: list[Any] | dict[str, Any] | None = None,
    *,
    plain: bool = True,
) -> Rows:
    """The result of a query as a list of dictionaries; dates and times as ISO 8601 text (UTC) where `plain`."""
    found = con.execute(query, parameters or [])
    names = [column[0] for column in found.description or ()]
    return [{n: clock.plain(v) if plain else v for n, v in zip(names, row, strict=True)} for row in found.fetchall()]


def runs(con: duckdb.DuckDBPyConnection) -> Rows:
    """Each run with its kind, times, status and what it received, newest last."""
    return rows(
        con,
        # Whoever reads this holds the workspace, so a run that still says it is running was killed.
        "SELECT run, kind, source, started, finished, replace(status, 'running', 'interrupted') AS status, "
        "coalesce(received, 0) AS received, CASE status WHEN 'running' THEN $1 ELSE message END AS message "
        "FROM state.run ORDER BY run",
        [NOT_MERGED],
    )


def status(con: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, Any]:
    """One screen: runs, received versions by type and fate, CDM rows, unmapped codes, what is published in `folder`."""
    received = rows(
        con,
        f"SELECT run, {fhir_schema.known_type('resource_type')} AS resource_type, fate, reason, count(*) AS count "
        "FROM state.ledger GROUP BY ALL ORDER BY ALL",
    )
    counts = " UNION ALL ".join(f"SELECT '{t}' AS name, count(*) AS n FROM cdm.{t}" for t in workspace.CLINICAL_TABLES)
    published = replica.published_files(folder) if folder.is_dir() else {}
    newest = max(published, default=None)
    finished = dict(con.execute("SELECT run, finished FROM state.run").fetchall())
    return {
        "runs": runs(con),
        "received": received,
        "cdm": {row["name"]: row["n"] for row in rows(con, counts)},
        "vocabulary": _vocabulary(con),
        "unmapped": unmapped(con),
        "not_understood": rows(
            con,
            # What stands in a URL's place may be anything.
            "SELECT resource_type, reason, "
            "CASE WHEN regexp_full_match(url, '(https?://|urn:)[!-~]+') THEN url END AS url, count(*) AS resources "
            "FROM state.not_understood "
            "GROUP BY ALL ORDER BY resources DESC, resource_type, reason, url",
        ),
        "undated_deaths": rows(con, "SELECT person_id FROM state.undated_death ORDER BY person_id"),
        # When, and how much; of whom is not known any more.
        "erasures": rows(con, "SELECT * FROM state.erasure ORDER BY begun"),
        "opt_out_list": opt_out.entries(con),
        "published": None
        if newest is None
        else {"run": newest, "file": str(published[newest]), "time": clock.plain(finished[newest])},
    }


def unmapped(con: duckdb.DuckDBPyConnection) -> Rows:
    """Codes of rows with concept 0, most frequent first: table, field, the code or the hash of a text, rows."""
    return rows(con, 'FROM state.unmapped_code ORDER BY "count" DESC, cdm_table, field, source_value')


def _vocabulary(con: duckdb.DuckDBPyConnection) -> str | None:
    """The vocabulary release of the newest complete run that mapped."""
    found = con.execute(
        """
        SELECT vocabulary_release FROM state.run WHERE kind <> 'recompute' AND status = 'complete'
        ORDER BY run DESC LIMIT 1
        """
    ).fetchone()
    return found[0] if found else None


_QUARANTINE = """
    SELECT
        q.run, l.name AS file, q.line, q.entry, q.resource_type, q.resource, q.reason, q.element, q.message,
        -- What cannot be read replaces nothing: the rows are still those of the version that this run received.
        CASE
            WHEN q.settled IS NULL AND NOT r.deleted
                AND (r.run, r.file_no, r.line, r.entry) < (q.run, q.file_no, q.line, q.entry) THEN r.run
        END AS rows_from_run
    FROM state.quarantine AS q
    LEFT JOIN state.landed AS l USING (run, file_no)
    LEFT JOIN state.resource AS r USING (resource)
"""


def quarantine(con: duckdb.DuckDBPyConnection) -> Rows:
    """Each version ever quarantined: where it stands, which resource and element, and what is wrong with it."""
    return rows(con, f"{_QUARANTINE} ORDER BY q.run, q.file_no, q.line, q.entry")


def open_quarantine(con: duckdb.DuckDBPyConnection, *, as_of: int = 2**31 - 2) -> Rows:
    """The quarantined versions that no run until `as_of` has settled."""
    still = "WHERE q.run <= $1 AND coalesce(q.settled, $1 + 1) > $1"
    return rows(con, f"{_QUARANTINE} {still} ORDER BY q.run, q.file_no, q.line, q.entry", [as_of])


def verdict(found: dict[str, Any], quarantined: Rows) -> str:
    """The last sync in one line, and what is open, of which `quarantined`."""
    syncs = [run for run in found["runs"] if run["kind"] == "sync"]
    if not syncs:
        return "No sync yet."
    last = syncs[-1]
    fates_ = {row["fate"]: 0 for row in found["received"]}
    for row in found["received"]:
        fates_[row["fate"]] += row["count"]
    outdated = sum(row["rows_from_run"] is not None for row in quarantined)
    standing = f" ({outdated:,} with rows of an earlier version)" if outdated else ""
    undone = "" if last["status"] == "complete" else f" ({last['message']})"
    return (
        f"Last sync: run {last['run']}, {last['status']}{undone}, {last['received']:,} versions received. "
        f"Open: {len(quarantined):,} quarantined{standing}, {fates_.get('waiting', 0):,} waiting for their patient."
    )


def quarantined_texts(
    con: duckdb.DuckDBPyConnection, data: Path, run: int, file: str, line: int, entry: int | None = None
) -> list[str]:
    """A quarantined line as it was received, of a Bundle only its quarantined entries, or the one that is named.

    Nothing where no such line is in quarantine. For hospital IT only.
    """
    found = con.execute(
        """
        SELECT f.file_no, f.layout, f.lines, list(DISTINCT q.entry ORDER BY q.entry)
        FROM state.landed AS f JOIN state.quarantine AS q USING (run, file_no)
        WHERE f.run = $1 AND f.name = $2 AND q.line = $3 AND q.entry = coalesce($4, q.entry) GROUP BY ALL
        """,
        [run, file, line, entry],
    ).fetchone()
    if found is None:
        return []
    file_no, layout, lines, entries = found
    path = data / "landing" / f"{run:06d}" / f"{file_no:05d}.json.zst"
    if not path.exists():
        raise StateError(f"run {run}, file {file_no}: what was landed is no longer there")
    text = raw_lines(LandedFile(file_no, path, file, layout, None, lines), {line}).get(line)
    if text is None:
        return []
    return [_entry(text, number) for number in entries]


def _entry(text: bytes, number: int) -> str:
    """The text itself, or the entry of a Bundle of that number, from 1."""
    if number:
        try:
            return json.dumps(json.loads(text)["entry"][number - 1], ensure_ascii=False)
        except (ValueError, LookupError, TypeError, RecursionError):
            # Several values in one document: the Bundle is one of them.
            pass
    return text.decode("utf-8", errors="replace").rstrip("\n")


def fates(received: Rows) -> Rows:
    """Received versions summed over runs and reasons, for a screen."""
    counts: dict[tuple[str, str], int] = {}
    for row in received:
        key = (row["resource_type"] or "(unreadable)", row["fate"])
        counts[key] = counts.get(key, 0) + row["count"]
    return [{"resource_type": t, "fate": f, "count": n} for (t, f), n in sorted(counts.items())]


def on_screen(found: Rows, zone: ZoneInfo) -> Rows:
    """Runs for a screen: the hospital's time to the minute, and seconds instead of an end."""
    shown = []
    for run in found:
        started = datetime.fromisoformat(run["started"])
        finished = datetime.fromisoformat(run["finished"]) if run["finished"] else None
        shown.append(
            {
                "run": run["run"],
                "kind": run["kind"],
                "started": clock.on_screen(run["started"], zone),
                "seconds": "" if finished is None else f"{(finished - started).total_seconds():.1f}",
                "status": run["status"],
                "received": f"{run['received']:,}" if run["kind"] == "sync" else "",
                "message": run["message"],
            }
        )
    return shown
