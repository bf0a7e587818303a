"""Map the touched resources: exclusions, concepts, then table by table the SELECT and its merge."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

import duckdb

from onco_etl import (
    aliases,
    concepts,
    merge,
    relations,
    starter_check,
    touched,
    unmapped,
    versions,
    vocabulary,
    vocabulary_history,
    vocabulary_slice,
    worklist,
    workspace,
)
from onco_etl.query import has_rows, literal, scalar
from onco_etl.runs import STARTER_MAPS, timed
from onco_etl.settings import EtlSettings

# A row refers to rows of the tables before it; a person or visit that comes or goes changes what depends on it.
MERGE_ORDER = (
    "location",
    "care_site",
    "provider",
    "person",
    "visit_occurrence",
    "death",
    "condition_occurrence",
    "procedure_occurrence",
    "drug_exposure",
    "measurement",
    "observation",
    "fact_relationship",
)
_OTHERS_DEPEND_ON = ("care_site", "provider", "person", "visit_occurrence")
# The resources whose rows those are, in the order in which they refer to each other.
_TARGETS = {
    "Location": "care_site",
    "Organization": "care_site",
    "Practitioner": "provider",
    "PractitionerRole": "provider",
    "Patient": "person",
    "Encounter": "visit_occurrence",
}


def define_macros(con: duckdb.DuckDBPyConnection, settings: EtlSettings, day: date) -> None:
    """Set the hospital's timezone and the run's date for the SELECTs.

    Raises StateError where the secret of the data folder is gone.
    """
    relations.define_macros(
        con,
        timezone=settings.timezone,
        secret=workspace.secret(settings.data),
        extract_date=day,
        excluded_labels=settings.excluded_security_labels,
        servers=[f"{server.rstrip('/')}/".lower() for server in settings.servers],
    )
    vocabulary.attach(con, settings.data)


def today(timezone: str) -> date:
    """The hospital's date."""
    return datetime.now(ZoneInfo(timezone)).date()


def prepare(con: duckdb.DuckDBPyConnection, settings: EtlSettings, *, anew: bool = False) -> None:
    """Load the concept maps and the vocabulary in use; decide what is excluded; resolve every code once.

    When maps, SELECTs or settings are not those of the last run, or with `anew`, everything is mapped again.
    """
    if anew or _maps_changed(con, settings):
        concepts.load(
            con,
            block_start=settings.concept_block_start,
            site_map=settings.site_map,
            site_systems=settings.site_systems,
        )
        starter_check.check(con)
        vocabulary_history.set_aside(con)
        vocabulary_slice.renew(con)
        unmapped.forget(con)
        versions.touch_all(con)
    release = vocabulary.in_use(settings.data)
    name = release.release if release else STARTER_MAPS
    con.execute(f"UPDATE state.run SET vocabulary_release = {literal(name)} WHERE status = 'running'")
    _exclude(con)
    if _touch_ahead(con):
        _exclude(con)
    _resolve(con)


def _touch_ahead(con: duckdb.DuckDBPyConnection) -> bool:
    """Touch what refers to a person, visit, care site or provider that will come or go in this run; whether any does.

    One may turn out to stay as it is (a visit whose person never came): mapping its dependents again changes nothing.
    """
    before = scalar(con, "SELECT count(*) FROM work.touched")
    for resource_type, table in _TARGETS.items():
        versions.touch_dependents(
            con,
            f"""(
                SELECT r.resource
                FROM state.resource AS r
                SEMI JOIN work.touched AS t USING (resource_key)
                LEFT JOIN state.excluded AS x USING (resource)
                LEFT JOIN (SELECT DISTINCT _resource_key FROM cdm.{table}) AS c ON c._resource_key = r.resource_key
                WHERE r.resource_type = '{resource_type}'
                    AND (r.deleted OR x.resource IS NOT NULL) = (c._resource_key IS NOT NULL)
            )""",
        )
    aliases.touch_merged(con)
    return bool(scalar(con, "SELECT count(*) FROM work.touched") > before)


def _resolve(con: duckdb.DuckDBPyConnection) -> None:
    concepts.resolve(con)
    vocabulary_slice.extend(con)
    unmapped.note(con)


def map_and_merge(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Map the touched resources table by table; where a person or visit came or went, its dependents as well."""
    mapped = set(relations.cdm_tables())
    for table in (table for table in MERGE_ORDER if table in mapped):
        with timed("mapped", run=run, table=table):
            merge.merge(con, table, run)
            if table in _OTHERS_DEPEND_ON:
                _touch_dependents(con, table, run)
    vocabulary_history.record(con, run)


def _exclude(con: duckdb.DuckDBPyConnection) -> None:
    """Bring `state.excluded` up to date for the touched resources."""
    for table in ("excluded", "not_understood"):
        if has_rows(con, f"state.{table}"):
            con.execute(f"DELETE FROM state.{table} WHERE resource IN (SELECT resource FROM work.touched)")
    for resource_type in touched.lay_out(con):
        con.execute(f"INSERT INTO state.excluded SELECT resource, reason FROM ({relations.exclusion(resource_type)})")
    worklist.note_urls(con)
    touched.accept(con)


def _touch_dependents(con: duckdb.DuckDBPyConnection, table: str, run: int) -> None:
    """Touch what refers to rows of `table` that came or went in this run, and exclude or accept it too."""
    came = f"SELECT _resource_key, _row_id FROM cdm.{table} WHERE _run_from = {run}"
    went = f"SELECT _resource_key, _row_id FROM history.{table} WHERE _run_to = {run}"
    before = scalar(con, "SELECT count(*) FROM work.touched")
    versions.touch_dependents(
        con,
        f"""(
            SELECT r.resource FROM state.resource AS r
            SEMI JOIN (
                SELECT coalesce(c._resource_key, w._resource_key) AS resource_key
                FROM ({came}) AS c FULL JOIN ({went}) AS w USING (_row_id)
                WHERE c._row_id IS NULL OR w._row_id IS NULL
            ) AS x USING (resource_key)
        )""",
    )
    aliases.touch_merged(con)
    after = scalar(con, "SELECT count(*) FROM work.touched")
    if after > before:
        _exclude(con)
        _resolve(con)


def _maps_changed(con: duckdb.DuckDBPyConnection, settings: EtlSettings) -> bool:
    """Whether the concept maps in the workspace are not those of this mapping hash, or are not there yet.

    A rebuild knows the runs of the old workspace, also where it had nothing to replay.
    """
    there = "database_name = current_database() AND schema_name = 'mapping'"
    if not scalar(con, f"SELECT count(*) FROM duckdb_tables() WHERE {there}"):
        return True
    loaded = con.execute(
        "SELECT mapping_hash FROM state.run WHERE kind <> 'recompute' AND status = 'complete' ORDER BY run DESC LIMIT 1"
    ).fetchone()
    return loaded is None or loaded[0] != mapping_hash(settings)


def mapping_hash(settings: EtlSettings) -> str:
    """SHA-256 over all that decides how a resource is mapped.

    Every file of onco_mappings, the loaded vocabulary, and the site's settings and maps.
    """
    digest = hashlib.sha256(_files_hash())
    # The rules of derived tables, too: a changed definition derives everyone anew.
    derived = (settings.observation_gap_days, *settings.episodes)
    read = (settings.timezone, settings.concept_block_start, *settings.excluded_security_labels, *settings.servers)
    for setting in (*read, *derived):
        digest.update(f"{setting}\0".encode())
    release = vocabulary.in_use(settings.data)
    if release:
        digest.update(release.identity.encode())
    for own in (settings.site_map, settings.site_systems):
        if own:
            digest.update(own.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _files_hash() -> bytes:
    digest = hashlib.sha256()
    for name, content in sorted(_walk(files("onco_mappings"), "")):
        digest.update(name.encode())
        digest.update(content)
    return digest.digest()


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found.extend(_walk(entry, f"{prefix}{entry.name}/"))
        elif entry.name.endswith((".yaml", ".csv", ".sql")):
            found.append((prefix + entry.name, entry.read_bytes()))
    return found
