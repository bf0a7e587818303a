"""The ledger: every received version ends with one fate and a reason from mappings/reasons.csv."""

from __future__ import annotations

import duckdb

from onco_etl.workspace import CLINICAL_TABLES, LOOKED_UP


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Give each touched resource its fate, and write the run's versions to `state.ledger`.

    mapped: it has rows in `cdm`, or is looked up by others. waiting: its person has not arrived.
    excluded or quarantined: an exclusion holds. The current version of a
    resource has its present fate, whenever it was received.
    """
    rows = " UNION ALL ".join(f"SELECT _resource_key FROM cdm.{table}" for table in CLINICAL_TABLES)
    looked_up = ", ".join(f"'{name}'" for name in LOOKED_UP)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outcome AS
        SELECT
            r.resource, r.resource_key,
            CASE
                WHEN r.deleted THEN 'deleted' WHEN x.reason IS NOT NULL THEN x.fate
                WHEN m.found OR r.resource_type IN ({looked_up}) THEN 'mapped'
                WHEN h.found THEN 'waiting'
                ELSE 'excluded'
            END AS fate,
            CASE
                WHEN r.deleted THEN 'deleted-by-source' WHEN x.reason IS NOT NULL THEN x.reason
                WHEN m.found THEN 'rows' WHEN r.resource_type IN ({looked_up}) THEN 'looked-up'
                WHEN h.found THEN 'person-not-arrived'
                ELSE 'nothing-to-map'
            END AS reason
        FROM state.resource AS r
        SEMI JOIN work.touched AS t USING (resource_key)
        LEFT JOIN (SELECT e.*, d.fate FROM state.excluded AS e JOIN mapping.reason AS d USING (reason)) AS x
            USING (resource)
        LEFT JOIN (
            SELECT resource_key, true AS found FROM work.touched SEMI JOIN ({rows}) ON _resource_key = resource_key
        ) AS m USING (resource_key)
        LEFT JOIN (SELECT DISTINCT resource_key, true AS found FROM state.held) AS h USING (resource_key);

        -- A version that waited is superseded by the next one.
        UPDATE state.ledger AS l SET fate = 'superseded', reason = 'newer-version'
        FROM newest AS n
        WHERE l.fate = 'waiting' AND l.resource = n.resource
            AND (l.run, l.file_no, l.line, l.entry) <> (n.run, n.file_no, n.line, n.entry);

        -- What a target, a map or a rule changed about a version received earlier.
        UPDATE state.ledger AS l SET fate = o.fate, reason = o.reason
        FROM outcome AS o JOIN state.resource AS r USING (resource_key)
        WHERE l.reason <> o.reason AND l.resource = o.resource
            AND (l.run, l.file_no, l.line, l.entry) = (r.run, r.file_no, r.line, r.entry);

        INSERT INTO state.ledger
        SELECT run, file_no, line, entry, resource_type, resource, version_id, last_updated, fate, reason
        FROM version WHERE fate IS NOT NULL
        UNION ALL
        SELECT
            n.run, n.file_no, n.line, n.entry, n.resource_type, n.resource, n.version_id, n.last_updated, o.fate,
            o.reason
        FROM newest AS n JOIN outcome AS o USING (resource_key)
        WHERE NOT n.deleted;
        """
    )
