"""Retention: what of the landing zone and of the published files goes at the end of a run, by age.

From a batch older than `landing_days` goes what a rebuild of the current tables does not need: versions that another
superseded, and what is settled in quarantine. The current version of each resource stays, however old. So a rebuild
gives the same rows, but neither their history nor the ledger of what went. With `landing_keep = "nothing"` the whole
batch goes, and the site has chosen to live without `rebuild`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import structlog

from onco_etl import landing, redaction, replica
from onco_etl.redaction import Place
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

_WHY = "retention"
_PLACE = "(run, file_no, line, entry)"
# Versions that a rebuild of the current tables does not need. Of an unchanged one it needs the newest: that one tells
# the version that the resource has.
_SUPERSEDED = f"""
WITH confirmed AS (
    SELECT {_PLACE} AS place FROM state.ledger WHERE fate = 'unchanged'
    QUALIFY row_number() OVER (PARTITION BY resource ORDER BY run DESC, file_no DESC, line DESC, entry DESC) = 1
),
newest AS (
    SELECT resource, max({_PLACE}) AS place FROM state.ledger WHERE resource IS NOT NULL GROUP BY resource
),
version AS (
    SELECT l.*, (l.run, l.file_no, l.line, l.entry) AS place FROM state.ledger AS l WHERE l.run IN ($runs)
)
SELECT v.run, v.file_no, v.line, v.entry
FROM version AS v JOIN state.resource AS r USING (resource)
WHERE v.fate <> 'quarantined' AND v.place <> (r.run, r.file_no, r.line, r.entry)
    AND v.place NOT IN (SELECT place FROM confirmed)
UNION
SELECT v.run, v.file_no, v.line, v.entry
FROM version AS v JOIN newest AS n USING (resource) ANTI JOIN state.resource AS r USING (resource)
WHERE v.fate <> 'quarantined' AND v.place <> n.place
UNION
SELECT q.run, q.file_no, q.line, q.entry FROM state.quarantine AS q
WHERE q.run IN ($runs) AND q.settled IS NOT NULL
    AND (q.run, q.file_no, q.line, q.entry) NOT IN (SELECT (run, file_no, line, entry) FROM state.resource)
"""


def apply(con: duckdb.DuckDBPyConnection, settings: EtlSettings, *, now: datetime | None = None) -> None:
    """Let go of what is older than the settings keep; once more, where it was killed, changes nothing else."""
    present = now or datetime.now(UTC)
    if days := settings.retention.landing_days:
        zone = settings.data / "landing"
        old = _older(zone, present - timedelta(days=days))
        gone = _remove(con, zone, old) if settings.retention.landing_keep == "nothing" else _thin(con, zone, old)
        if gone:
            log.info("retention: landing", batches=gone)
    if days := settings.retention.published_days:
        _unpublish(con, settings.published_folder, present - timedelta(days=days))


def _older(zone: Path, limit: datetime) -> list[int]:
    """The runs whose batches were received before `limit` and are still there, oldest first."""
    found = []
    for folder in sorted(zone.iterdir()):
        if folder.name.isdigit() and folder.joinpath(landing.MANIFEST).exists():
            manifest = _manifest(folder)
            if not manifest.get(landing.GONE) and datetime.fromisoformat(manifest["received"]) < limit:
                found.append(int(folder.name))
    return found


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(folder.joinpath(landing.MANIFEST).read_text(encoding="utf-8"))
    return found


def _thin(con: duckdb.DuckDBPyConnection, zone: Path, runs: list[int]) -> int:
    """Take out of the batches of `runs` what was superseded since they were last looked at; how many had any."""
    superseded = _SUPERSEDED.replace("$runs", ", ".join(map(str, runs)) or "NULL")
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outlived AS
        SELECT s.* FROM ({superseded}) AS s ANTI JOIN state.forgotten AS f USING (run, file_no, line, entry)
        """
    )
    changed = [run for (run,) in con.execute("SELECT DISTINCT run FROM outlived ORDER BY ALL").fetchall()]
    for run in changed:
        found = con.execute(f"SELECT file_no, line, entry FROM outlived WHERE run = {run} ORDER BY ALL").fetchall()
        described = con.execute(f"SELECT file_no, name, layout FROM state.landed WHERE run = {run}").fetchall()
        files = {file_no: (name, layout) for file_no, name, layout in described}
        redaction.remove(zone / f"{run:06d}", [Place(*place) for place in found], why=_WHY, files=files)
        con.execute(f"INSERT INTO state.forgotten FROM outlived WHERE run = {run}")
    return len(changed)


def _remove(con: duckdb.DuckDBPyConnection, zone: Path, runs: Iterable[int]) -> int:
    """Remove the files of whole batches; what was open there in quarantine is settled, for it cannot be replayed."""
    removed = 0
    for run in runs:
        folder = zone / f"{run:06d}"
        newest = "(SELECT max(run) FROM state.run)"
        con.execute(f"UPDATE state.quarantine SET settled = {newest} WHERE settled IS NULL AND run = {run}")
        manifest = {**_manifest(folder), landing.GONE: True}
        new = folder / f"{landing.MANIFEST}.new"
        new.write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        new.replace(folder / landing.MANIFEST)
        for file in folder.glob("*.json.zst"):
            file.unlink()
        removed += 1
    return removed


def _unpublish(con: duckdb.DuckDBPyConnection, folder: Path, limit: datetime) -> None:
    """Remove the published files of runs that ended before `limit`; the newest stays."""
    ended = dict(con.execute("SELECT run, finished FROM state.run").fetchall())
    for run, path in list(replica.published_files(folder).items())[:-1]:
        if (finished := ended.get(run)) and finished < limit:
            path.unlink()
