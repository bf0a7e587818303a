"""The schema `registry` of the published file: lineage by pseudonymous keys, and what analysts may know of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import duckdb

from onco_etl import cdm, cdm_source, fhir_schema

# Tables whose rows OMOP gives no number.
_KEYLESS = ("death", "fact_relationship", "episode_event")

_TABLES = """
CREATE SCHEMA IF NOT EXISTS registry; CREATE SCHEMA IF NOT EXISTS results;
CREATE TABLE IF NOT EXISTS registry.replica (run INTEGER, published TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS registry.lineage (
    cdm_table VARCHAR, row_id INTEGER, resource_type VARCHAR, resource_key INTEGER, slot VARCHAR, derivation VARCHAR,
    run_from INTEGER
);
CREATE TABLE IF NOT EXISTS registry.resource (
    resource_key INTEGER, resource_type VARCHAR, version_no INTEGER, received_run INTEGER
);
"""
# A versionId may be any text; as a number this short it is no telephone number and no record number.
_VERSION_NO = r"CASE WHEN regexp_full_match(r.version_id, '\d{1,6}') THEN r.version_id::INTEGER END"


def create(con: duckdb.DuckDBPyConnection) -> None:
    """Create the schemas `registry` and `results` of a published file, and the tables that grow by what changed."""
    con.execute(_TABLES)


def bring_lineage(con: duckdb.DuckDBPyConnection, workspace: str, table: str, at: int) -> None:
    """Bring the lineage of one CDM table from run `at` to the newest: ended rows go, begun rows come.

    The rows of a table without a key of its own stand in registry.<table>_row too, each with the row_id by which the
    lineage names it.
    """
    if at:
        ended = f"SELECT _row_id FROM {workspace}.history.{table} WHERE _run_from <= {at} AND _run_to > {at}"
        con.execute(f"DELETE FROM registry.lineage WHERE cdm_table = '{table}' AND row_id IN ({ended})")
    con.execute(
        f"""
        INSERT INTO registry.lineage
        SELECT '{table}', c._row_id, r.resource_type, c._resource_key, c._slot, c._derivation, c._run_from
        FROM {workspace}.cdm.{table} AS c
        LEFT JOIN {workspace}.state.resource AS r ON r.resource_key = c._resource_key
        WHERE c._run_from > {at}
        """
    )
    if table in _KEYLESS:
        names = ", ".join(f'"{name}"' for name in cdm.columns(table))
        con.execute(
            f"CREATE OR REPLACE TABLE registry.{table}_row AS "
            f"SELECT _row_id AS row_id, {names} FROM {workspace}.cdm.{table}"
        )


def bring_resources(con: duckdb.DuckDBPyConnection, workspace: str, at: int) -> None:
    """Bring registry.resource from run `at` to the newest: the current version of each resource, without its id."""
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE changed_resource AS
        SELECT r.resource_key, r.resource_type, {_VERSION_NO} AS version_no, r.run AS received_run, r.deleted
        FROM {workspace}.state.resource AS r
        WHERE r.run > {at} OR r.resource IN (
            -- The same content under a newer version.
            SELECT l.resource FROM {workspace}.state.ledger AS l WHERE l.run > {at} AND l.fate = 'unchanged'
        );
        DELETE FROM registry.resource WHERE resource_key IN (SELECT resource_key FROM changed_resource);
        INSERT INTO registry.resource SELECT * EXCLUDE (deleted) FROM changed_resource WHERE NOT deleted;
        DROP TABLE changed_resource
        """
    )


def results_tables(con: duckdb.DuckDBPyConnection, workspace: str) -> Sequence[str]:
    """The names of the tables that the registries computed."""
    found = con.execute(
        f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{workspace}' AND schema_name = 'results'"
    ).fetchall()
    return [name for (name,) in found]


def write(con: duckdb.DuckDBPyConnection, workspace: str) -> None:
    """Write anew what analysts may know of the runs (no logical ids, no file names) and the file, and the views."""
    con.execute(
        f"""
        CREATE OR REPLACE TABLE registry.runs AS
        SELECT run, kind, started, finished, status, received, mapping_hash, vocabulary_release
        FROM {workspace}.state.run;

        CREATE OR REPLACE TABLE registry.fate AS
        SELECT
            run, {fhir_schema.known_type("resource_type")} AS resource_type,
            fate, reason, count(*) AS versions
        FROM {workspace}.state.ledger GROUP BY ALL;

        CREATE OR REPLACE TABLE registry.unmapped_code AS FROM {workspace}.state.unmapped_code;
        CREATE OR REPLACE TABLE registry.undated_death AS SELECT person_id FROM {workspace}.state.undated_death;
        CREATE OR REPLACE TABLE registry.quality AS FROM {workspace}.state.quality;
        CREATE OR REPLACE TABLE registry.recompute AS FROM {workspace}.state.recompute;
        """
    )
    cdm_source.write(con, workspace)
    tables = results_tables(con, workspace)
    views = files("onco_mappings").joinpath("sql", "registry")
    for view in sorted(views.iterdir(), key=lambda entry: entry.name):
        name = view.name.removesuffix(".sql")
        if name != "latest_estimate" or "estimate" in tables:
            con.execute(f"CREATE OR REPLACE VIEW registry.{name} AS {view.read_text(encoding='utf-8')}")
