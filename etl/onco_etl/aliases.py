"""Aliases: natural keys that stand for another resource.

Two kinds, both in `state.alias` (alias_key, stands_for): a patient record that another one replaces (Patient.link),
and an identifier by which a resource is referred to. The rows of a replaced record follow the survivor; its own key
stays in every reference, so that taking the link back takes the merge back.
"""

from __future__ import annotations

import duckdb

from onco_etl import relations, versions
from onco_etl.query import scalar


def update(con: duckdb.DuckDBPyConnection) -> None:
    """Bring `state.alias` up to date with the staged resources; touch what a changed alias concerns."""
    for name in ("alias_link", "survivor", "identified"):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {relations.alias(name.removeprefix('alias_'))}")
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE alias AS FROM survivor UNION ALL FROM identified;
        CREATE OR REPLACE TEMP TABLE changed_alias AS
        SELECT alias_key AS resource, stands_for FROM (
            (FROM alias EXCEPT FROM state.alias) UNION (FROM state.alias EXCEPT FROM alias)
        );
        """
    )
    if scalar(con, "SELECT count(*) FROM changed_alias"):
        con.execute("DELETE FROM state.alias; INSERT INTO state.alias FROM alias")
        versions.touch(con, "SELECT resource FROM changed_alias UNION SELECT stands_for FROM changed_alias")
        versions.touch_dependents(con, "changed_alias")
    con.execute(
        """
        CREATE OR REPLACE TEMP TABLE merged_record AS
        SELECT alias_key AS resource, stands_for FROM survivor
        UNION
        SELECT stands_for AS resource, stands_for FROM survivor
        """
    )
    touch_merged(con)


def touch_merged(con: duckdb.DuckDBPyConnection) -> None:
    """Touch all records of a person when one is touched: what they say is weighed together (sql/cdm/death.sql).

    Call after `update`, in the same run.
    """
    if scalar(con, "SELECT count(*) FROM merged_record"):
        versions.touch(
            con,
            """
            SELECT m.resource FROM merged_record AS m
            SEMI JOIN (
                SELECT r.stands_for FROM merged_record AS r SEMI JOIN work.touched AS t ON t.resource = r.resource
            ) AS s ON s.stands_for = m.stands_for
            """,
        )
