"""Rebuild the workspace from the landing zone: every run once more, under its number, with the rules of today.

Keys stay those that were assigned, results those that were computed. The new workspace takes the old one's place at
the very end.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import structlog

from onco_etl import erasure_keys, keys, landing, mapping, pipeline, replica, runs, suppression, workspace
from onco_etl.errors import InUseError, StateError
from onco_etl.query import literal
from onco_etl.settings import EtlSettings

log = structlog.get_logger()

_NEW = "workspace-rebuilding.duckdb"
_UNREADABLE = "workspace-unreadable.duckdb"


def rebuild(settings: EtlSettings) -> pipeline.RunReport:
    """Replay the landing zone into a new workspace, put it in the old one's place, and publish it whole.

    Where the old workspace cannot be read it is set aside; keys then come from their log, and there are no results to
    keep. Raises StateError, with nothing changed, when there is no landing zone, when it is in use, or when the batch
    of a run is missing.
    """
    zone = settings.data / "landing"
    if not zone.is_dir():
        raise StateError(f"{zone}: no such folder, so there is nothing to rebuild from; put it back from a backup")
    _remove(settings.data / _NEW)
    has_old = _closed_well(settings.data)
    with workspace.connect(settings.data, must_exist=False, file=_NEW) as con:
        workspace.limit(con, settings.memory_limit, settings.threads)
        workspace.create_schema(con)
        if has_old:
            con.execute(f"ATTACH {literal(str(settings.data / workspace.FILE))} AS old")
            keys.restore(con, "old")
        else:
            keys.restore_logged(con, zone, erasure_keys.highest(con, zone))
        before = keys.highest(con)
        known = _known_runs(con) if has_old else {}
        for number in _landed(zone, known if has_old else None):
            _replay(con, settings, number, known.get(number))
        if has_old:
            _keep(con)
        else:
            erasure_keys.restore(con, zone)
        run = runs.next_run(con, zone)
        pipeline.load(con, settings, run, (), kind="rebuild", day=mapping.today(settings.timezone))
        keys.log(con, before, zone / f"{run:06d}" / "keys")
    landing.mark_complete(zone / f"{run:06d}")
    if not has_old:
        _set_aside(settings.data)
    _swap(settings.data)
    with pipeline.opened(settings) as con:
        published = replica.publish(con, settings.published_folder, run, keep=settings.published_keep)
        fates = dict(con.execute("SELECT fate, count(*) FROM state.ledger GROUP BY ALL ORDER BY 1").fetchall())
    return pipeline.RunReport(run, sum(fates.values()), fates, published)


def _closed_well(data: Path) -> bool:
    """Whether there is an old workspace to keep from: one that can be read."""
    path = data / workspace.FILE
    if not path.exists():
        return False
    try:
        # Opened for writing, so that what a killed run left beside it is taken in.
        with workspace.connect(data, any_shape=True) as con:
            con.execute("CHECKPOINT")
    except InUseError:
        raise
    except StateError:
        log.warning("workspace unreadable: it will be set aside", file=_UNREADABLE)
        return False
    return True


def _known_runs(con: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Run -> kind, of the committed runs that landed something, as the old workspace knows them."""
    landed = "SELECT run FROM old.state.landed"
    return dict(
        con.execute(f"SELECT run, kind FROM old.state.run WHERE status = 'complete' AND run IN ({landed})").fetchall()
    )


def _landed(zone: Path, known: dict[int, str] | None) -> list[int]:
    """The runs to replay, in order: those that landed something and were committed."""
    found = sorted(int(folder.name) for folder in zone.iterdir() if folder.name.isdigit())
    if known is None:
        committed = [number for number in found if landing.is_complete(zone / f"{number:06d}")]
        return [number for number in committed if (zone / f"{number:06d}" / landing.MANIFEST).exists()]
    return sorted(number for number, kind in known.items() if kind in runs.RECEIVING)


def _replay(con: duckdb.DuckDBPyConnection, settings: EtlSettings, run: int, kind: str | None) -> None:
    folder = settings.data / "landing" / f"{run:06d}"
    batch = landing.read(folder)
    # Where the old workspace does not tell: only of what comes out of quarantine a part of a file counts.
    kind = kind or ("replay" if any(file.only is not None for file in batch.files) else "sync")
    day = batch.received.astimezone(ZoneInfo(settings.timezone)).date()
    # The list is that of the source whose settings these are.
    own = settings.opt_out_list if batch.source == settings.source else None
    past = replace(settings, source=batch.source, opt_out_list=own)
    pipeline.load(con, past, run, batch.files, kind=kind, day=day)
    log.info("replayed", run=run)


def _keep(con: duckdb.DuckDBPyConnection) -> None:
    """Take over from the old workspace what the landing zone does not tell: times of runs, other runs, results."""
    con.execute(
        """
        UPDATE state.run AS r SET started = o.started, finished = o.finished
        FROM old.state.run AS o WHERE o.run = r.run;

        INSERT INTO state.run BY NAME FROM old.state.run AS o ANTI JOIN state.run AS r USING (run);
        """
    )
    # Of what was dropped on arrival, the landing zone has nothing.
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE dropped AS FROM old.state.ledger WHERE reason = '{suppression.REASON}';
        INSERT INTO state.ledger BY NAME FROM dropped;
        UPDATE state.run AS r SET received = r.received + d.n
        FROM (SELECT run, count(*) AS n FROM dropped GROUP BY run) AS d WHERE d.run = r.run;
        """
    )
    # What was settled without being accepted: dismissed by hand, or followed by a later version or file. What today's
    # rules refuse for the first time is open.
    con.execute(
        """
        UPDATE state.quarantine AS q SET settled = o.settled
        FROM old.state.quarantine AS o JOIN old.state.ledger AS l USING (run, file_no, line, entry)
        WHERE (q.run, q.file_no, q.line, q.entry) = (o.run, o.file_no, o.line, o.entry)
            AND q.settled IS NULL AND o.settled IS NOT NULL AND l.fate = 'quarantined'
        """
    )
    kept = con.execute(
        f"""
        SELECT schema_name, table_name FROM duckdb_tables()
        WHERE database_name = 'old' AND (schema_name = 'results'
            OR schema_name = 'state' AND table_name IN ({", ".join(map(literal, workspace.KEPT))}))
        """
    ).fetchall()
    for schema, table in kept:
        con.execute(f"CREATE TABLE IF NOT EXISTS {schema}.{table} AS FROM old.{schema}.{table} WITH NO DATA")
        con.execute(f"INSERT INTO {schema}.{table} BY NAME FROM old.{schema}.{table}")


def _set_aside(data: Path) -> None:
    """Keep what could not be read, with its log of changes, out of the new workspace's way."""
    path, aside = data / workspace.FILE, data / _UNREADABLE
    for found, kept in ((path, aside), (_log_of(path), _log_of(aside))):
        if found.exists():
            found.replace(kept)


def _swap(data: Path) -> None:
    """Put the new workspace in the old one's place, at once or not at all."""
    new, path = data / _NEW, data / workspace.FILE
    if _log_of(new).exists() or _log_of(path).exists():
        raise StateError(f"{path}: not closed well; nothing was replaced")
    with new.open("rb") as stream:
        os.fsync(stream.fileno())
    new.replace(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _log_of(path).unlink(missing_ok=True)


def _log_of(path: Path) -> Path:
    """Where DuckDB writes what is not yet in the file."""
    return path.with_name(f"{path.name}.wal")
