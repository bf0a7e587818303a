"""Worklists: what was received and somebody at the site should look at. Private; not sent anywhere."""

from __future__ import annotations

import duckdb

from onco_etl import elements, fhir_schema
from onco_etl.query import literal

# Reasons that name a URL: implicitRules itself, and the modifier extensions at whatever depth they are read.
_URL_REASONS = ("implicit-rules", "unknown-modifier-extension")
# A Consent that denies something that cannot be judged: without a URL, and its patient is opted out.
_CONSENT = "consent-not-understood"


def note_urls(con: duckdb.DuckDBPyConnection) -> None:
    """`state.not_understood`: the URLs for which touched resources were excluded (URLs only, no values); Consents."""
    reasons = ", ".join(literal(reason) for reason in _URL_REASONS)
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE refused_for_url AS
        SELECT x.resource, split_part(x.resource, '/', 2) AS resource_type, x.reason
        FROM (SELECT * FROM state.excluded WHERE reason IN ({reasons})) AS x SEMI JOIN work.touched USING (resource)
        """
    )
    con.execute(
        f"""
        INSERT INTO state.not_understood
        SELECT x.resource, 'Consent', x.reason, NULL
        FROM state.excluded AS x SEMI JOIN work.touched USING (resource) WHERE x.reason = {literal(_CONSENT)}
        """
    )
    found = con.execute("SELECT DISTINCT resource_type FROM refused_for_url ORDER BY ALL").fetchall()
    for (resource_type,) in found:
        _note_urls_of(con, resource_type)


def _note_urls_of(con: duckdb.DuckDBPyConnection, resource_type: str) -> None:
    found = (
        e.sql for e in elements.walk(fhir_schema.columns(resource_type)) if e.path.endswith("modifierExtension.url")
    )
    extensions = "[]"
    for urls in found:
        extensions = f"list_concat({extensions}, {urls})"
    con.execute(
        f"""
        INSERT INTO state.not_understood
        SELECT DISTINCT x.resource, x.resource_type, x.reason, unnest(
            CASE x.reason WHEN 'implicit-rules' THEN [t."implicitRules"] ELSE {extensions} END
        )
        FROM touched.{fhir_schema.table_name(resource_type)} AS t
        JOIN (SELECT * FROM refused_for_url WHERE resource_type = {literal(resource_type)}) AS x USING (resource)
        """
    )


def list_undated_deaths(con: duckdb.DuckDBPyConnection) -> None:
    """`state.undated_death`: persons said to be dead (deceasedBoolean) without a date in any of their records."""
    con.execute(
        """
        DELETE FROM state.undated_death;
        INSERT INTO state.undated_death
        SELECT p.resource, k.id
        FROM staged.patient AS p
        LEFT JOIN state.alias AS a ON a.alias_key = p.resource
        JOIN keys.person AS k ON k.row_key = coalesce(a.stands_for, p.resource)
        SEMI JOIN cdm.person AS c ON c._row_id = k.id
        ANTI JOIN cdm.death AS d ON d.person_id = k.id
        WHERE p."deceasedBoolean" = 'true' AND p."deceasedDateTime" IS NULL
        """
    )
