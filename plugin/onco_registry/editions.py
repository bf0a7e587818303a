"""The documents of a registry's editions: from its newest results, and what was released before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from onco_etl.query import scalar
from onco_registry import change_reasons, cut_changes, results
from onco_registry.bulletin import disclosure
from onco_registry.bulletin.archive.release import Release
from onco_registry.bulletin.archive.series import Series, standing
from onco_registry.bulletin.changes import Earlier, changes
from onco_registry.bulletin.document import build
from onco_registry.bulletin.meta import BulletinMeta
from onco_registry.config import Config
from onco_registry.cut_changes import Recompute
from onco_registry.protocol import protocol
from onco_registry.registry_model import RegistryDefinition
from onco_registry.status import open_quarantine, rows

Document = dict[str, Any]


def documents(
    con: duckdb.DuckDBPyConnection, config: Config, registry: RegistryDefinition
) -> tuple[list[Document], bool]:
    """Those of the configured editions, and whether the public one is held back beside its earlier releases.

    It is where a count of a few patients would follow from both. Where no registry is configured all are computed, and
    one that nobody entered has none.

    Raises StateError where nothing was computed yet, ReleaseError where an earlier release is damaged.
    """
    found = results.read(con, registry.name, **_newest_recompute(con, registry.name))
    if not config.registries and not found.entered:
        return [], False
    before = _released_before(config, registry, "internal", found.data_cut)
    internal = build(found.frames(), _meta(con, config, registry, found), _earlier(con, found, before))
    made = [internal] if "internal" in config.bulletin.editions else []
    if "public" not in config.bulletin.editions:
        return made, False
    public = public_document(config, registry.name, internal)
    return [*made, *([public] if public else [])], public is None


def public_document(config: Config, registry: str, internal: Document) -> Document | None:
    """The public document of an internal one, with what changed; None where it is held back beside earlier releases.

    Raises ReleaseError where one of these is damaged.
    """
    releases = Series(config.bulletins_folder, registry, "public").releases()
    found = disclosure.public(internal, (one.document() for one in releases), config.bulletin.minimum_cell)
    before = _before(releases, internal["bulletin"]["data_cut"])
    if found is None or before is None:
        return found
    # Both are public, and so what differs between them; the reasons are counts of patients.
    told = before.document()
    if told["bulletin"]["minimum_cell"] < config.bulletin.minimum_cell:
        # What was told by a smaller cell is not told again.
        return found
    since = Earlier(date.fromisoformat(before.data_cut), told["bulletin"]["knowledge_run"], told["headline"])
    return found | {"changes": changes(found["headline"], since)}


def _earlier(con: duckdb.DuckDBPyConnection, found: results.Results, before: Release | None) -> Earlier | None:
    """What the internal release before rests on, and why the numbers differ, as far as its results are still there."""
    if before is None:
        return None
    told = before.document()
    about = told["bulletin"]
    first = Recompute(found.registry, date.fromisoformat(before.data_cut), about["knowledge_run"], about["hash"])
    second = Recompute(found.registry, found.data_cut, found.as_of_run, found.hash)
    known = scalar(
        con,
        "SELECT count(*) FROM state.recompute WHERE registry = $1 AND data_cut = $2 AND as_of_run = $3 AND hash = $4",
        list(first),
    )
    return Earlier(
        data_cut=first.data_cut,
        knowledge_run=first.as_of_run,
        headline=told["headline"],
        reasons=change_reasons.reasons(con, first, second) if known else {},
        causes=tuple(cut_changes.between(con, first, second)) if known else (),
    )


def _released_before(config: Config, registry: RegistryDefinition, edition: str, cut: date) -> Release | None:
    return _before(Series(config.bulletins_folder, registry.name, edition).releases(), cut.isoformat())


def _before(releases: list[Release], cut: str) -> Release | None:
    """The release that stands for the newest data cut before this one."""
    earlier = [release.data_cut for release in releases if release.data_cut < cut]
    return standing(releases, max(earlier)) if earlier else None


def _newest_recompute(con: duckdb.DuckDBPyConnection, registry: str) -> Mapping[str, Any]:
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
) -> BulletinMeta:
    # Results are written once: what is computed again is what the first recompute wrote.
    finished = scalar(
        con,
        """
        SELECT min(r.finished) FROM state.recompute AS c JOIN state.run AS r USING (run)
        WHERE c.registry = $1 AND c.data_cut = $2 AND c.as_of_run = $3 AND c.hash = $4
        """,
        [found.registry, found.data_cut, found.as_of_run, found.hash],
    )
    vocabulary = scalar(con, "SELECT vocabulary_release FROM state.run WHERE run = $1", [found.as_of_run])
    return BulletinMeta(
        registry=registry.name,
        title=registry.title,
        cohort=registry.cohort.name,
        cohort_id=registry.cohort.id,
        population=registry.cohort.population,
        notes=registry.notes,
        data_cut=found.data_cut,
        knowledge_run=found.as_of_run,
        computed=finished.astimezone(ZoneInfo(config.timezone)),
        patients=found.patients,
        hash=found.hash,
        sources=(config.source,),
        unmapped_codes=scalar(con, "SELECT unmapped_codes FROM state.run WHERE run = $1", [found.as_of_run]),
        quarantined=len(open_quarantine(con, as_of=found.as_of_run)),
        fictional=config.fictional,
        labels=registry.labels,
        translations=registry.translations,
        has_response=bool(registry.response.sources),
        has_safety=registry.safety is not None,
        landmark_days=registry.comparators.landmark_days if registry.comparators else None,
        facts=protocol(registry, vocabulary),
        # Those with declared rates; the others are for analysts.
        endpoints=tuple(registry.analysis.rates),
    )
