"""After the sync: recompute every registry as of a data cut, publish, and release the bulletins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from onco_etl import history, replica, runs, workspace
from onco_etl.errors import ConfigurationError, StateError
from onco_etl.query import scalar
from onco_etl.runs import timed
from onco_registry import bulletin, results
from onco_registry.bulletin.archive.store import Correction
from onco_registry.config import Config
from onco_registry.installed import installed
from onco_registry.recompute import recompute as compute
from onco_registry.registry_model import RegistryDefinition
from onco_registry.releasing import Released, release
from onco_registry.status import Rows, open_quarantine, rows

# What happened in the last days before a run is not all recorded yet.
REPORTING_DELAY = timedelta(days=30)


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
    written. Raises ConfigurationError where a correction would be of several; ReleaseError as `release` does.
    """
    chosen = installed(config.registries)
    if correction and (len(chosen) > 1 or (edition is None and len(config.bulletin.editions) > 1)):
        raise ConfigurationError("--corrects: give --registry and --edition, for each has numbers of its own")
    with workspace.connect(config.data, read_only=True) as con:
        documents = [document for registry in chosen for document in _documents(con, config, registry)]
    wanted = [document for document in documents if edition in (None, document["bulletin"]["edition"])]
    return release(config, wanted, correction, dry_run=dry_run)


def _documents(con: duckdb.DuckDBPyConnection, config: Config, registry: RegistryDefinition) -> list[dict[str, Any]]:
    """The documents of a registry's editions; one that is not to be shown this month is not among them."""
    if "internal" not in config.bulletin.editions:
        return []
    found = results.read(con, registry.name, **_newest_recompute(con, registry.name))
    return [bulletin.build(found.frames(), _meta(con, config, registry, found))]


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
            "nothing to recompute: no sync is complete yet" if as_of is None else f"no sync by run {as_of}"
        )
    return row[0], row[1].astimezone(ZoneInfo(timezone)).date()


def _newest_recompute(con: duckdb.DuckDBPyConnection, registry: str) -> dict[str, Any]:
    """data_cut and as_of_run of the last recompute of a registry; nothing if there was none."""
    newest = rows(
        con,
        "SELECT data_cut, as_of_run FROM state.recompute WHERE registry = $1 ORDER BY run DESC LIMIT 1",
        [registry],
        plain=False,
    )
    return newest[0] if newest else {}


def _meta(
    con: duckdb.DuckDBPyConnection, config: Config, registry: RegistryDefinition, found: results.Results
) -> bulletin.BulletinMeta:
    finished = scalar(con, "SELECT finished FROM state.run WHERE run = $1", [found.as_of_run])
    return bulletin.BulletinMeta(
        registry=registry.name,
        title=registry.title,
        cohort=registry.cohort.name,
        population=registry.cohort.population,
        notes=registry.notes,
        data_cut=found.data_cut,
        knowledge_run=found.as_of_run,
        published=finished.astimezone(ZoneInfo(config.timezone)),
        patients=found.patients,
        hash=found.hash,
        sources=(config.source,),
        unmapped_codes=scalar(con, "SELECT unmapped_codes FROM state.run WHERE run = $1", [found.as_of_run]),
        quarantined=len(open_quarantine(con, as_of=found.as_of_run)),
        fictional=config.fictional,
        labels=registry.labels,
        translations=registry.translations,
        # Those with declared rates; the others are for analysts.
        endpoints=tuple(registry.analysis.rates),
    )
