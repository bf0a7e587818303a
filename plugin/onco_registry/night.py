"""After the sync: recompute every registry as of a data cut, publish, and release the bulletins."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import duckdb
import structlog

from onco_etl import history, replica, runs, workspace
from onco_etl.errors import ConfigurationError, ReleaseError, StateError
from onco_etl.query import scalar
from onco_etl.runs import timed
from onco_registry import named_concepts, results
from onco_registry.bulletin.archive.store import Correction
from onco_registry.completeness import REPORTING_DELAY
from onco_registry.config import Config
from onco_registry.editions import Document, documents
from onco_registry.installed import installed
from onco_registry.recompute import recompute as compute
from onco_registry.releasing import Released, release
from onco_registry.status import Rows

log = structlog.get_logger()

_HELD_BACK = "beside an earlier release, a count of a few patients would follow; what was released stands"


def recompute(config: Config, *, data_cut: date | None = None, as_of: int | None = None) -> Rows:
    """Compute and publish every configured registry; one row each: registry, data_cut, as_of_run, patients, hash.

    Only what run `as_of` knew (by default the newest sync) and only what happened by `data_cut` (by default 30 days
    before that run) counts. Raises StateError when there is no such run.
    """
    computed: Rows = []
    with workspace.connect(config.data) as con:
        known, learned = _run(con, as_of, config.timezone)
        cut = data_cut or learned - REPORTING_DELAY
        if cut > learned:
            raise ConfigurationError(
                f"--data-cut {cut} is after run {known} ({learned}): nothing is known of that time"
            )
        chosen = installed(config.registries)
        run = runs.next_run(con, config.data / "landing")
        inputs = scalar(con, "SELECT mapping_hash || vocabulary_release FROM state.run WHERE run = $1", [known])
        named_concepts.warn(con, config.data, config.registries)
        history.attach(con, known)
        with runs.transaction(con, run, kind="recompute", source=None, mapping_hash=inputs):
            for registry in chosen:
                with timed("recomputed", run=run, registry=registry.name), history.shown(con):
                    found = compute(con, registry, data_cut=cut, as_of_run=known, inputs_hash=inputs)
                results.write(con, found)
                con.execute(
                    "INSERT INTO state.recompute VALUES ($1, $2, $3, $4, $5)",
                    [run, registry.name, cut, known, found.hash],
                )
                computed.append(
                    {
                        "registry": registry.name,
                        "data_cut": cut.isoformat(),
                        "as_of_run": known,
                        "patients": found.patients,
                        "failed_checks": int((found.consistency_check["status"] == "fail").sum()),
                        "hash": found.hash,
                    }
                )
        with timed("published", run=run):
            replica.publish(con, config.published_folder, run, keep=config.published_keep)
    return computed


def bulletins(
    config: Config, correction: Correction | None = None, *, edition: str | None = None, dry_run: bool = False
) -> list[Released]:
    """Release the bulletin of each configured registry from its newest results; what became of each.

    edition: only that one; a correction is of one release, so of one registry and edition. dry_run: nothing is
    written. Raises ConfigurationError where a correction would be of several; ReleaseError, when the others are
    released, as `release` does, where an earlier release is damaged, and for a correction that is held back.
    """
    chosen = installed(config.registries)
    if correction and (len(chosen) > 1 or (edition is None and len(config.bulletin.editions) > 1)):
        raise ConfigurationError(
            "--corrects: give --registry NAME and --edition EDITION, for each has numbers of its own"
        )
    made: list[Document] = []
    refused: list[str] = []
    with workspace.connect(config.data, read_only=True) as con:
        for registry in chosen:
            try:
                found, held_back = documents(con, config, registry)
            except ReleaseError as error:
                refused.append(str(error))
                continue
            made += found
            if held_back and edition in (None, "public"):
                log.warning("public edition held back", registry=registry.name, reason=_HELD_BACK)
                # News each month, but an error to who asked for it by name.
                refused += [f"{registry.name}/public: {_HELD_BACK}"] if correction else []
    wanted = [document for document in made if edition in (None, document["bulletin"]["edition"])]
    released: list[Released] = []
    try:
        released = release(config, wanted, correction, dry_run=dry_run)
    except ReleaseError as error:
        refused.append(str(error))
    if refused:
        raise ReleaseError("; ".join(refused))
    return released


def _run(con: duckdb.DuckDBPyConnection, as_of: int | None, timezone: str) -> tuple[int, date]:
    """The newest complete sync up to `as_of`, and the hospital's date of it."""
    row = con.execute(
        """
        SELECT run, started FROM state.run
        WHERE kind <> 'recompute' AND status = 'complete' AND run <= coalesce($1, run)
            AND coalesce($1, 0) <= (SELECT max(run) FROM state.run)
        ORDER BY run DESC LIMIT 1
        """,
        [as_of],
    ).fetchone()
    if row is None:
        raise StateError(
            "nothing to recompute: no sync is complete yet; give `onco-registry sync` first"
            if as_of is None
            else f"--as-of {as_of}: no sync by that run, or no such run; `onco-registry runs` lists them"
        )
    return row[0], row[1].astimezone(ZoneInfo(timezone)).date()
