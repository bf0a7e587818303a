"""Received versions: which one of a resource is current, and what the present run therefore touches.

Order of versions: lastUpdated, numeric versionId, run, file, line, entry; an undated version comes before every
dated one. So the state after any sequence of batches is that of the newest version of each resource.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import duckdb

from onco_etl import elements, incoming, keys, shape, suppression
from onco_etl.landing import LandedFile
from onco_etl.query import has_rows, literal, scalar

# Resources that others look into: an exposure into its Medication, an adverse event into its suspects.
LOOKED_INTO = (
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
)
# What does not change a resource's meaning: which version it is, and where it was read.
_NOT_CONTENT = ("meta", "filename")
# Of the versions of a batch, once decided, those that are now current: at most one of a resource.
_CURRENT = "fate IS NULL OR reason = 'deleted-by-source'"
# What a reference that does not say its type (urn:uuid:...) points to, where the element allows little else.
_SOLE_TARGETS = {
    "subject": "Patient",
    "patient": "Patient",
    "encounter": "Encounter",
    "context": "Encounter",
    "medicationReference": "Medication",
    "contained.medicationReference": "Medication",
    "managingOrganization": "Organization",
    "serviceProvider": "Organization",
    "organization": "Organization",
    "location": "Location",
    "location.location": "Location",
    "generalPractitioner": "Practitioner",
    "participant.individual": "Practitioner",
    "performer.actor": "Practitioner",
    "requester": "Practitioner",
    "informationSource": "Practitioner",
    "asserter": "Practitioner",
    "recorder": "Practitioner",
}
# What is suspected of an adverse event can be of several types.
_SUSPECTS = ("suspectEntity.instance", "extension.extension.valueReference")


def receive(con: duckdb.DuckDBPyConnection, run: int, source: str, files: Sequence[LandedFile]) -> None:
    """Bring `staged`, `state.resource` and `state.reference` up to the versions in `incoming`, read from `files`.

    Leaves the temporary table `version` (one row per received version: place, resource, `fate` and `reason`
    where already decided, NULL where the mapping will decide) and fills `work.touched`.
    """
    _collect(con, run, source)
    suppression.drop(con, source, files)
    _decide(con)
    keys.assign(con, "resource", f"(SELECT resource AS row_key FROM version WHERE {_CURRENT})")
    _update_resources(con)
    for told in ("reference", "identifier"):
        _forget_newest(con, f"state.{told}")
    for (resource_type,) in con.execute("SELECT DISTINCT resource_type FROM newest ORDER BY ALL").fetchall():
        _update_staged(con, incoming.table_for(resource_type), source)


def touch_dependents(con: duckdb.DuckDBPyConnection, targets: str) -> None:
    """Add to `work.touched` what refers to one of `targets` (a relation with column `resource`) or to its alias."""
    named = f"""(
        SELECT resource FROM {targets}
        UNION ALL SELECT a.alias_key FROM state.alias AS a SEMI JOIN {targets} AS t ON t.resource = a.stands_for
    )"""
    touch(con, f"SELECT f.resource FROM state.reference AS f SEMI JOIN {named} AS n ON n.resource = f.target")


def touch(con: duckdb.DuckDBPyConnection, resources: str) -> None:
    """Add `resources` (a SELECT with column `resource`) to `work.touched`, where they are not yet in it."""
    if scalar(con, "SELECT (SELECT count(*) FROM work.touched) = (SELECT count(*) FROM keys.resource)"):
        return
    con.execute(
        f"""
        INSERT INTO work.touched
        SELECT k.row_key, k.id
        FROM keys.resource AS k
        SEMI JOIN ({resources}) AS d ON d.resource = k.row_key
        ANTI JOIN work.touched AS w ON w.resource = k.row_key
        """
    )


def touch_open_stays(con: duckdb.DuckDBPyConnection) -> None:
    """Touch the visits that end on the extract date for want of an end: that date has moved."""
    con.execute(
        """
        INSERT INTO work.touched
        SELECT r.resource, r.resource_key
        FROM state.resource AS r
        SEMI JOIN (
            SELECT _resource_key FROM cdm.visit_occurrence WHERE contains(_derivation, 'extract date')
        ) AS v ON v._resource_key = r.resource_key
        ANTI JOIN work.touched AS w USING (resource_key)
        """
    )


def touch_all(con: duckdb.DuckDBPyConnection) -> None:
    """Put every current resource into `work.touched`, where not all are in it."""
    if not scalar(con, "SELECT EXISTS (FROM state.resource ANTI JOIN work.touched USING (resource_key))"):
        return
    con.execute("CREATE OR REPLACE TABLE work.touched AS SELECT resource, resource_key FROM state.resource")


def _collect(con: duckdb.DuckDBPyConnection, run: int, source: str) -> None:
    """One row per received version, in the temporary table `version`."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE version (
            run INTEGER, file_no INTEGER, line BIGINT, entry INTEGER, resource_type VARCHAR, resource_id VARCHAR,
            resource VARCHAR, version_id VARCHAR, version_no BIGINT, last_updated TIMESTAMPTZ, content UBIGINT,
            staged_row BIGINT, fate VARCHAR, reason VARCHAR
        )
        """
    )
    for table in incoming.filled(con):
        content = "NULL" if table == incoming.OTHER else _content(table)
        reason = "'unsupported-type'" if table == incoming.OTHER else shape.refusal(table)
        fate = "'unsupported'" if table == incoming.OTHER else "'quarantined'"
        con.execute(
            f"""
            INSERT INTO version
            SELECT
                {run}, coalesce(p.file_no, f.file_no), coalesce(p.line, v.n), coalesce(p.entry, 0),
                v.resource_type, v.id, '{source}/' || v.resource_type || '/' || nullif(v.id, ''),
                v.version_id, try_cast(v.version_id AS BIGINT), {_point("v.last_updated")},
                v.content, v.staged_row, CASE WHEN v.reason IS NOT NULL THEN {fate} END, v.reason
            FROM (
                SELECT
                    v.filename, v.rowid AS staged_row, v.rowid - b.base + 1 AS n,
                    v."resourceType" AS resource_type, v.id,
                    v.meta."versionId" AS version_id, v.meta."lastUpdated" AS last_updated, {content} AS content,
                    {reason} AS reason
                FROM incoming.{table} AS v
                JOIN (SELECT filename, min(rowid) AS base FROM incoming.{table} GROUP BY filename) AS b USING (filename)
            ) AS v
            LEFT JOIN incoming.landed AS f USING (filename)
            LEFT JOIN incoming.place AS p ON p.filename = v.filename AND p.n = v.n
            """
        )
    key = f"'{source}/' || resource_type || '/' || resource_id AS resource"
    supported = ", ".join(f"'{name}'" for name in incoming.tables().values())
    con.execute(
        f"""
        INSERT INTO version BY NAME
        SELECT
            {run} AS run, file_no, line, entry, resource_type, resource_id, {key}, version_id,
            try_cast(version_id AS BIGINT) AS version_no, {_point("last_updated")} AS last_updated,
            'quarantined' AS fate, reason
        FROM incoming.refused;

        INSERT INTO version BY NAME
        SELECT
            {run} AS run, file_no, line, entry, resource_type, resource_id, {key}, version_id,
            try_cast(version_id AS BIGINT) AS version_no, {_point("last_updated")} AS last_updated,
            CASE WHEN resource_type NOT IN ({supported}) THEN 'unsupported' END AS fate,
            CASE WHEN resource_type NOT IN ({supported}) THEN 'unsupported-type' END AS reason
        FROM incoming.removed;

        -- Of a file received once more for some of its entries, the others were received before.
        DELETE FROM version
        WHERE file_no IN (SELECT file_no FROM incoming.only)
            AND (file_no, line, entry) NOT IN (SELECT (file_no, line, entry) FROM incoming.only);
        """
    )


def _point(text: str) -> str:
    """SQL of an instant; "infinity" is none, nor is one whose year has not four digits in every time zone."""
    point = f"try_cast({text} AS TIMESTAMPTZ)"
    return f"CASE WHEN {point} BETWEEN '0001-01-02 00:00:00+00' AND '9999-12-31 00:00:00+00' THEN {point} END"


def _content(table: str) -> str:
    """A hash of everything read from a resource, its version numbers apart."""
    columns = ", ".join(f'v."{name}"' for name in incoming.columns_of(table) if name not in _NOT_CONTENT)
    return f"hash(v.meta.tag, v.meta.security, {columns})"


def _decide(con: duckdb.DuckDBPyConnection) -> None:
    """Set the fate of versions that are not to be mapped: superseded, unchanged or deleted."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE loser AS
        SELECT version_row
        FROM (
            SELECT
                v.*, v.rowid AS version_row,
                -- A deletion without a date happened when it was received: after all that was received before it.
                v.content IS NULL AND v.last_updated IS NULL AND lead(true) OVER received IS NULL AS deleted_last
            FROM version AS v
            SEMI JOIN (
                SELECT resource FROM version WHERE fate IS NULL GROUP BY resource HAVING count(*) > 1
            ) AS twice USING (resource)
            WHERE v.fate IS NULL
            WINDOW received AS (PARTITION BY v.resource ORDER BY v.file_no, v.line, v.entry)
        )
        QUALIFY row_number() OVER (
            PARTITION BY resource
            ORDER BY
                deleted_last DESC, last_updated DESC NULLS LAST, version_no DESC NULLS LAST,
                file_no DESC, line DESC, entry DESC
        ) > 1;

        INSERT INTO loser
        SELECT v.rowid
        FROM version AS v ANTI JOIN loser AS l ON l.version_row = v.rowid
        JOIN state.resource AS r USING (resource)
        WHERE v.fate IS NULL AND NOT (v.content IS NULL AND v.last_updated IS NULL)
            AND (coalesce(v.last_updated, '-infinity'), coalesce(v.version_no, -1))
            < (coalesce(r.last_updated, '-infinity'), coalesce(try_cast(r.version_id AS BIGINT), -1));

        UPDATE version SET fate = 'superseded', reason = 'newer-version'
        WHERE rowid IN (SELECT version_row FROM loser);

        UPDATE version SET fate = 'unchanged', reason = 'same-content'
        FROM state.resource AS r
        WHERE version.fate IS NULL AND r.resource = version.resource AND version.content IS NOT NULL
            AND r.content = version.content AND NOT r.deleted;

        -- Only a deletion has no content.
        UPDATE version SET fate = 'deleted', reason = 'deleted-by-source'
        WHERE fate IS NULL AND content IS NULL;
        """
    )


def _update_resources(con: duckdb.DuckDBPyConnection) -> None:
    """`work.touched` and `state.resource` take over the current versions."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newest AS
        SELECT
            v.resource, k.id AS resource_key, v.resource_type, v.version_id, v.last_updated, v.run, v.file_no, v.line,
            v.entry, v.content, v.fate IS NOT NULL AS deleted
        FROM (SELECT * FROM version WHERE {_CURRENT}) AS v JOIN keys.resource AS k ON k.row_key = v.resource;

        CREATE OR REPLACE TABLE work.touched AS SELECT resource, resource_key FROM newest;

        UPDATE state.resource AS r SET version_id = v.version_id, last_updated = v.last_updated
        FROM version AS v WHERE v.fate = 'unchanged' AND v.resource = r.resource;
        """
    )
    _forget_newest(con, "state.resource")
    con.execute("INSERT INTO state.resource BY NAME FROM newest")


def _forget_newest(con: duckdb.DuckDBPyConnection, table: str, resource_type: str | None = None) -> None:
    """Delete what a table has of the resources of `newest`, or of those of one type."""
    of_type = f"WHERE resource_type = {literal(resource_type)}" if resource_type else ""
    if has_rows(con, table):
        con.execute(f"DELETE FROM {table} WHERE resource IN (SELECT resource FROM newest {of_type})")


def _update_staged(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Replace the staged rows of changed resources of a type, and note what they refer to."""
    resource_type = incoming.tables()[table]
    _forget_newest(con, f"staged.{table}", resource_type)
    _show_received(con, table, source)
    con.execute(f"INSERT INTO staged.{table} FROM received_{table}")
    if "identifier" in incoming.columns_of(table):
        con.execute(
            f"""
            INSERT INTO state.identifier
            SELECT DISTINCT resource, identifier_key('{source}', '{resource_type}', identifier)
            FROM (
                SELECT resource, unnest(identifier) AS identifier FROM received_{table}
            )
            WHERE identifier.value <> ''
            """
        )
    for element, value in _references(table):
        sole_target = literal(_SOLE_TARGETS.get(element))
        target = f"reference_key('{source}', value, {sole_target})"
        if element in _SUSPECTS:
            target = f"unnest(suspect_keys('{source}', value))"
        con.execute(
            f"""
            INSERT INTO state.reference
            SELECT resource, '{element}', target FROM (
                SELECT resource, {target} AS target
                FROM (SELECT i.resource, {value} AS value FROM received_{table} AS i)
            ) WHERE target IS NOT NULL
            """
        )


def _show_received(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """The temporary view `received_<table>`: what this batch brings to `staged.<table>`, as it is there.

    Read where it was received, for a table of the present transaction is scanned by one thread only.
    """
    resource_type = incoming.tables()[table]
    names = ", ".join(f'i."{name}"' for name in incoming.columns_of(table))
    accepted = f"""
        SELECT staged_row FROM version
        WHERE resource_type = '{resource_type}' AND fate IS NULL AND staged_row IS NOT NULL
    """
    some = scalar(con, f"SELECT (SELECT count(*) FROM ({accepted})) < (SELECT count(*) FROM incoming.{table})")
    current = f"WHERE i.rowid IN ({accepted})" if some else ""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW received_{table} AS
        SELECT '{source}/{resource_type}/' || i.id AS resource, '{source}' AS source, i.id AS resource_id, {names}
        FROM incoming.{table} AS i {current}
        """
    )


@cache
def _references(table: str) -> tuple[tuple[str, str], ...]:
    """(element, SQL of its value) of each Reference that is read of a resource, at whatever depth."""
    columns = incoming.columns_of(table)
    found = tuple(
        (element.path, f"unnest({element.sql})" if element.repeats else element.sql)
        for element in elements.walk(columns)
        if "reference" in element.members
    )
    within = "unnest(list_transform(i.contained, lambda document: medication_of(document)))"
    return (*found, ("contained.medicationReference", within)) if "contained" in columns else found
