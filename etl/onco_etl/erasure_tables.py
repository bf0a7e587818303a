"""Take out of the tables of the workspace what the plan of an erasure names (`state.erasing`), within its run.

First its resources are withdrawn, as if the source had deleted them, so that the run maps and derives anew whatever
depended on them; then every trace of them goes, history and keys included. What others say stays as it is.
"""

from __future__ import annotations

import duckdb

from onco_etl import cdm, fhir_schema
from onco_etl.keys import KEY_TABLES
from onco_etl.workspace import CLINICAL_TABLES

_PLACE = "(run, file_no, line, entry)"


def withdraw(con: duckdb.DuckDBPyConnection) -> None:
    """Take the planned resources out of `staged`, and put them into `work.touched`, as deleted ones."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE leaving AS SELECT DISTINCT resource FROM state.erasing WHERE resource IS NOT NULL;
        UPDATE state.resource SET deleted = true WHERE resource IN (FROM leaving);
        INSERT INTO work.touched
        SELECT r.resource, r.resource_key FROM state.resource AS r SEMI JOIN leaving USING (resource)
        ANTI JOIN work.touched AS t ON t.resource = r.resource;
        DELETE FROM state.reference WHERE resource IN (FROM leaving);
        DELETE FROM state.identifier WHERE resource IN (FROM leaving);
        """
    )
    for resource_type in fhir_schema.resource_types():
        table = fhir_schema.table_name(resource_type)
        con.execute(f"DELETE FROM staged.{table} WHERE resource IN (FROM leaving)")


def purge(con: duckdb.DuckDBPyConnection, run: int) -> None:
    """Delete what is left of the planned resources and places from every table, and the plan itself."""
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE leaving_key AS
        SELECT k.row_key AS resource, k.id FROM keys.resource AS k SEMI JOIN leaving AS e ON e.resource = k.row_key;
        CREATE OR REPLACE TEMP TABLE leaving_person AS
        SELECT k.id FROM keys.person AS k SEMI JOIN leaving AS e ON e.resource = k.row_key;
        CREATE OR REPLACE TEMP TABLE leaving_place AS
        SELECT run, file_no, line, entry FROM state.erasing WHERE run IS NOT NULL;
        """
    )
    for table in reversed(CLINICAL_TABLES):
        _purge_rows(con, table)
    _purge_results(con)
    for table in KEY_TABLES:
        con.execute(f"DELETE FROM keys.{table} WHERE {of_persons('row_key')}")
    _purge_state(con)
    con.execute(
        f"""
        UPDATE state.erasure SET run = {run} WHERE finished IS NULL;
        DELETE FROM state.erasing;
        """
    )


def of_persons(row_key: str) -> str:
    """SQL: whether a natural key, or that of a derived row, is of a resource or a person that leaves."""
    person = rf"try_cast(regexp_extract({row_key}, '^person/(\d+)/', 1) AS INTEGER)"
    return f"(split_part({row_key}, '#', 1) IN (FROM leaving) OR coalesce({person} IN (FROM leaving_person), false))"


def _purge_rows(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Rows of the resources, of the persons, and (episode_event) of their episodes, present and past."""
    conditions = ["_resource_key IN (SELECT id FROM leaving_key)"]
    if "person_id" in cdm.columns(table):
        conditions.append("person_id IN (FROM leaving_person)")
    if table == "episode_event":
        conditions.append(f"episode_id IN (SELECT id FROM keys.episode WHERE {of_persons('row_key')})")
    for schema in ("cdm", "history"):
        con.execute(f"DELETE FROM {schema}.{table} WHERE {' OR '.join(conditions)}")


def _purge_results(con: duckdb.DuckDBPyConnection) -> None:
    """What was computed of each of the persons; numbers of many together stay as they were published."""
    found = con.execute(
        """
        SELECT table_name, column_name FROM duckdb_columns()
        WHERE database_name = current_database() AND schema_name = 'results'
            AND column_name IN ('subject_id', 'person_id')
        """
    ).fetchall()
    for table, column in found:
        con.execute(f'DELETE FROM results."{table}" WHERE "{column}" IN (FROM leaving_person)')


def _purge_state(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE leaving_version AS
        SELECT l.rowid AS version_row, l.run FROM state.ledger AS l
        WHERE l.resource IN (FROM leaving) OR {_PLACE} IN (SELECT {_PLACE} FROM leaving_place);
        UPDATE state.run AS r SET received = r.received - v.n
        FROM (SELECT run, count(*) AS n FROM leaving_version GROUP BY run) AS v WHERE v.run = r.run;
        DELETE FROM state.ledger WHERE rowid IN (SELECT version_row FROM leaving_version);
        DELETE FROM state.held WHERE resource_key IN (SELECT id FROM leaving_key);
        DELETE FROM state.alias WHERE alias_key IN (FROM leaving) OR stands_for IN (FROM leaving);
        """
    )
    con.execute("DELETE FROM state.listed_out WHERE patient IN (FROM leaving)")
    for table in ("quarantine", "finding", "forgotten"):
        con.execute(f"DELETE FROM state.{table} WHERE {_PLACE} IN (SELECT {_PLACE} FROM leaving_place)")
    for table in ("quarantine", "resource", "excluded", "opted_out", "not_understood", "undated_death"):
        con.execute(f"DELETE FROM state.{table} WHERE resource IN (FROM leaving)")
