"""What a published file says of itself: cdm_source and metadata, of the run that made it."""

from __future__ import annotations

from importlib.metadata import version

import duckdb

from onco_etl.query import literal
from onco_etl.settings import EtlSettings

# OMOP CDM Version 5.4.0. No concept of the kinds of metadata is verified: 0.
_CDM_VERSION_5_4 = 756265
_FHIR_VERSION = "4.0.1"
_GUIDE = "HL7 FHIR to OMOP 2.0.0-ballot"


def note_site(con: duckdb.DuckDBPyConnection, settings: EtlSettings) -> None:
    """Keep what the settings say of the site in `state.site`, for whoever publishes."""
    con.execute(
        f"""
        DELETE FROM state.site;
        INSERT INTO state.site VALUES ({literal(settings.holder or settings.source)}, {literal(settings.timezone)})
        """
    )


def write(con: duckdb.DuckDBPyConnection, workspace: str) -> None:
    """Fill `cdm.cdm_source` (one row) and `cdm.metadata` of the published file; dates are the hospital's.

    The source's release is the newest run that received something, the CDM's the newest of all but recomputes. No run
    number: the same batch twice changes nothing; `registry.replica` has it.
    """
    software = f"onco-registry {version('onco-registry')}"
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE newest_run AS
        SELECT
            s.holder, s.timezone, r.mapping_hash, coalesce(r.vocabulary_release, 'none') AS vocabulary_release,
            timezone(s.timezone, r.started)::DATE AS release_date,
            coalesce((
                SELECT max(timezone(s.timezone, o.started))::DATE FROM {workspace}.state.run AS o
                WHERE o.status = 'complete' AND o.received > 0
            ), release_date) AS source_date
        FROM {workspace}.state.run AS r CROSS JOIN {workspace}.state.site AS s
        WHERE r.kind <> 'recompute' AND r.status = 'complete'
        ORDER BY r.run DESC LIMIT 1;

        DELETE FROM cdm.cdm_source;
        INSERT INTO cdm.cdm_source BY NAME
        SELECT
            'onco-registry' AS cdm_source_name, 'onco-registry' AS cdm_source_abbreviation, holder AS cdm_holder,
            'FHIR R4 resources of a hospital' AS source_description,
            'https://hl7.org/fhir/R4/' AS source_documentation_reference,
            {literal(software)} || ', mapping ' || mapping_hash AS cdm_etl_reference,
            source_date AS source_release_date, release_date AS cdm_release_date, '5.4' AS cdm_version,
            {_CDM_VERSION_5_4} AS cdm_version_concept_id, left(vocabulary_release, 20) AS vocabulary_version
        FROM newest_run;

        DELETE FROM cdm.metadata;
        INSERT INTO cdm.metadata BY NAME
        SELECT
            generate_subscripts(said.names, 1) AS metadata_id, 0 AS metadata_concept_id, 0 AS metadata_type_concept_id,
            unnest(said.names) AS name, unnest(said.texts) AS value_as_string,
            release_date AS metadata_date
        FROM (
            SELECT
                release_date,
                {{
                    'names': ['software', 'mapping', 'vocabulary', 'FHIR version', 'rules', 'timezone'],
                    'texts': [
                        {literal(software)}, mapping_hash, vocabulary_release, {literal(_FHIR_VERSION)},
                        {literal(_GUIDE)}, timezone
                    ]
                }} AS said
            FROM newest_run
        );
        DROP TABLE newest_run;
        """
    )
