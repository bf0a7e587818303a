"""Received versions: which one of a resource is current, and what the present run therefore touches.

Order of versions: lastUpdated, numeric versionId, run, file, line, entry; an undated version comes before every
dated one. So the state after any sequence of batches is that of the newest version of each resource.
"""

from __future__ import annotations

import duckdb

from onco_etl import keys, staging

_ORDER = "last_updated, version_no, run, file_no, line, entry"
# What does not change a resource's meaning: which version it is, and where it was read.
_NOT_CONTENT = ("meta", "filename")
# What a reference that does not say its type (urn:uuid:...) points to, where the element allows little else.
_SOLE_TARGETS = {
    "subject": "Patient",
    "patient": "Patient",
    "encounter": "Encounter",
    "context": "Encounter",
    "medicationReference": "Medication",
}


def receive(con: duckdb.DuckDBPyConnection, run: int, source: str) -> None:
    """Bring `staged`, `state.resource` and `state.reference` up to the versions in `incoming`.

    Leaves the temporary table `version` (one row per received version: place, resource, `fate` and `reason`
    where already decided, NULL where the mapping will decide) and fills `work.touched`.
    """
    _collect(con, run, source)
    keys.assign(
        con, "resource", "(SELECT resource AS row_key FROM version WHERE resource IS NOT NULL AND fate IS NULL)"
    )
    _decide(con)
    con.execute(
        """
        DELETE FROM work.touched;
        INSERT INTO work.touched
        SELECT v.resource, k.id FROM version AS v JOIN keys.resource AS k ON k.row_key = v.resource
        WHERE v.fate IS NULL OR v.fate = 'deleted' AND v.reason = 'deleted-by-source';
        """
    )
    _update_resources(con)
    for table in staging.tables():
        _update_staged(con, table, source)


def touch_dependents(con: duckdb.DuckDBPyConnection, targets: str) -> None:
    """Add to `work.touched` the resources that refer to one of `targets` (a relation with column `resource`)."""
    con.execute(
        f"""
        INSERT INTO work.touched
        SELECT r.resource, r.resource_key
        FROM state.resource AS r
        SEMI JOIN (
            SELECT f.resource_key FROM state.reference AS f SEMI JOIN {targets} AS t ON t.resource = f.target
        ) AS d USING (resource_key)
        ANTI JOIN work.touched AS w USING (resource_key)
        """
    )


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
    for table in (*staging.tables(), staging.OTHER):
        content = "NULL" if table == staging.OTHER else _content(table)
        fate = (
            "'unsupported', 'unsupported-type'"
            if table == staging.OTHER
            else (
                "CASE WHEN coalesce(v.id, '') = '' THEN 'quarantined' END, "
                "CASE WHEN coalesce(v.id, '') = '' THEN 'missing-id' END"
            )
        )
        con.execute(
            f"""
            INSERT INTO version
            SELECT
                $run, coalesce(p.file_no, f.file_no), coalesce(p.line, v.rowid - b.base + 1), coalesce(p.entry, 0),
                v."resourceType", v.id, $source || '/' || v."resourceType" || '/' || nullif(v.id, ''),
                v.meta."versionId", try_cast(v.meta."versionId" AS BIGINT),
                try_cast(v.meta."lastUpdated" AS TIMESTAMPTZ), {content}, v.rowid, {fate}
            FROM incoming.{table} AS v
            JOIN (SELECT filename, min(rowid) AS base FROM incoming.{table} GROUP BY filename) AS b USING (filename)
            LEFT JOIN incoming.landed AS f USING (filename)
            LEFT JOIN incoming.place AS p ON p.filename = v.filename AND p.n = v.rowid - b.base + 1
            """,
            {"run": run, "source": source},
        )
    for table, fate, reason in (("refused", "'quarantined'", "reason"), ("removed", "NULL", "NULL")):
        con.execute(
            f"""
            INSERT INTO version BY NAME
            SELECT $run AS run, file_no, line, entry, resource_type, resource_id,
                $source || '/' || resource_type || '/' || resource_id AS resource, {fate} AS fate, {reason} AS reason
            FROM incoming.{table}
            """,
            {"run": run, "source": source},
        )


def _content(table: str) -> str:
    """A hash of everything read from a resource, its version numbers apart."""
    columns = ", ".join(f'v."{name}"' for name in staging.columns_of(table) if name not in _NOT_CONTENT)
    return f"hash(v.meta.tag, v.meta.security, {columns})"


def _decide(con: duckdb.DuckDBPyConnection) -> None:
    """Set the fate of versions that are not to be mapped: superseded, unchanged or deleted."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE contender AS
        SELECT rowid AS version_row, resource, content, {_ORDER} FROM version WHERE fate IS NULL;

        CREATE OR REPLACE TEMP TABLE loser AS
        SELECT version_row FROM contender
        QUALIFY row_number() OVER (
            PARTITION BY resource
            ORDER BY last_updated DESC NULLS LAST, version_no DESC NULLS LAST, file_no DESC, line DESC, entry DESC
        ) > 1;

        INSERT INTO loser
        SELECT c.version_row
        FROM contender AS c ANTI JOIN loser USING (version_row)
        JOIN state.resource AS r USING (resource)
        WHERE (coalesce(c.last_updated, '-infinity'), coalesce(c.version_no, -1))
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
    """`state.resource` takes the place, version and content of the current versions."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE newest AS
        SELECT
            v.resource, k.id AS resource_key, v.resource_type, v.version_id, v.last_updated, v.run, v.file_no, v.line,
            v.entry, v.content, v.fate IS NOT DISTINCT FROM 'deleted' AS deleted, v.staged_row
        FROM version AS v JOIN keys.resource AS k ON k.row_key = v.resource
        WHERE v.fate IS NULL OR v.fate = 'deleted';

        UPDATE state.resource AS r SET version_id = v.version_id, last_updated = v.last_updated
        FROM version AS v WHERE v.fate = 'unchanged' AND v.resource = r.resource;

        DELETE FROM state.resource WHERE resource IN (SELECT resource FROM newest);
        INSERT INTO state.resource BY NAME SELECT * EXCLUDE (staged_row) FROM newest;
        """
    )


def _update_staged(con: duckdb.DuckDBPyConnection, table: str, source: str) -> None:
    """Replace the staged rows of changed resources, and what they refer to."""
    resource_type = staging.tables()[table]
    names = ", ".join(f'i."{name}"' for name in staging.columns_of(table))
    con.execute(
        f"""
        DELETE FROM staged.{table}
        WHERE resource IN (SELECT resource FROM newest WHERE resource_type = '{resource_type}');

        INSERT INTO staged.{table}
        SELECT n.resource, $source, i.id, n.resource_key, {names}
        FROM newest AS n JOIN incoming.{table} AS i ON i.rowid = n.staged_row
        WHERE n.resource_type = '{resource_type}' AND NOT n.deleted;
        """,
        {"source": source},
    )
    fields = _reference_fields(table)
    con.execute(
        f"""
        DELETE FROM state.reference WHERE resource_key IN (
            SELECT resource_key FROM newest WHERE resource_type = '{resource_type}'
        )
        """
    )
    for name, repeated in fields:
        value = f'unnest(s."{name}")' if repeated else f's."{name}"'
        con.execute(
            f"""
            INSERT INTO state.reference
            SELECT resource_key, '{name}', target FROM (
                SELECT resource_key, reference_key(source, value, $target) AS target
                FROM (SELECT s.resource_key, s.source, {value} AS value FROM touched.{table} AS s)
            ) WHERE target IS NOT NULL
            """,
            {"target": _SOLE_TARGETS.get(name)},
        )


def _reference_fields(table: str) -> list[tuple[str, bool]]:
    """Top-level elements of type Reference, and whether they repeat."""
    return [
        (name, kind.endswith("[]"))
        for name, kind in staging.columns_of(table).items()
        if kind.startswith('STRUCT("reference" VARCHAR')
    ]
