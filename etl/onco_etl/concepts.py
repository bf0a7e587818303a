"""Concepts: (system, code) and known texts -> OMOP concepts, once per distinct CodeableConcept of a run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from onco_etl import relations
from onco_etl.errors import MappingError
from onco_etl.site_map import read_site_map

# Every other CSV of mappings/concepts is a starter map.
_OTHER_FILES = ("constants.csv", "custom_concepts.csv", "strings.csv", "systems.csv", "written_out.csv")

_LOAD = """
CREATE SCHEMA IF NOT EXISTS mapping;

CREATE OR REPLACE TABLE mapping.reason AS FROM read_csv('{mappings}/reasons.csv', all_varchar = true, header = true);

CREATE OR REPLACE TABLE mapping.quarantined_element AS
FROM read_csv('{mappings}/quarantined_elements.csv', all_varchar = true, header = true);

CREATE OR REPLACE TABLE mapping.system AS
SELECT system, vocabulary_id, preference::INTEGER AS preference
FROM read_csv('{concepts}/systems.csv', all_varchar = true, header = true);

CREATE OR REPLACE TABLE mapping.custom_concept AS
SELECT
    {block_start} + "offset"::INTEGER AS concept_id, concept_code, domain_id, concept_class_id, concept_name,
    concept_name_zh
FROM read_csv('{concepts}/custom_concepts.csv', all_varchar = true, header = true);

CREATE OR REPLACE TEMP TABLE starter_row AS
SELECT
    row_number() OVER () AS n, m.vocabulary_id, m.concept_code, m.source_concept_id::INTEGER AS source_concept_id,
    coalesce(m.concept_id::INTEGER, c.concept_id) AS concept_id, m.domain_id, m.concept_name
FROM read_csv([{starter_maps}], all_varchar = true, header = true) AS m
LEFT JOIN mapping.custom_concept AS c ON m.custom = c.concept_code
UNION ALL
SELECT 0, 'ONCO', concept_code, concept_id, concept_id, domain_id, concept_name FROM mapping.custom_concept;

CREATE OR REPLACE TABLE mapping.starter AS
SELECT
    vocabulary_id, concept_code, concept_id, any_value(source_concept_id) AS source_concept_id,
    any_value(domain_id) AS domain_id, any_value(concept_name) AS concept_name, min(n) AS target_no
FROM starter_row GROUP BY ALL;

CREATE OR REPLACE TABLE mapping.string AS
SELECT plain_text(s.text) AS text, s.concept_id, s.domain_id, min(s.n) AS target_no
FROM (
    SELECT
        row_number() OVER () AS n, m.text, coalesce(m.concept_id::INTEGER, c.concept_id) AS concept_id, m.domain_id
    FROM read_csv('{concepts}/strings.csv', all_varchar = true, header = true) AS m
    LEFT JOIN mapping.custom_concept AS c ON m.custom = c.concept_code
    UNION ALL
    SELECT 0, unnest([concept_name, concept_name_zh]), concept_id, domain_id FROM mapping.custom_concept
) AS s
WHERE s.text IS NOT NULL GROUP BY ALL;

CREATE OR REPLACE TABLE mapping.written_out AS
SELECT DISTINCT w.element, s.concept_id
FROM read_csv('{concepts}/written_out.csv', all_varchar = true, header = true) AS w
JOIN mapping.starter AS s USING (vocabulary_id, concept_code);

-- A concept is described by the row of its own code; one whose code is not known, by its number.
CREATE OR REPLACE TABLE mapping.known_concept AS
SELECT
    concept_id, arg_min(concept_name, n) AS concept_name, arg_min(domain_id, n) AS domain_id,
    arg_min(vocabulary_id, n) AS vocabulary_id, arg_min(concept_class_id, n) AS concept_class_id,
    CASE WHEN bool_or(standard) THEN 'S' END AS standard_concept, arg_min(concept_code, n) AS concept_code
FROM (
    SELECT 0 AS n, concept_id, concept_name, domain_id, 'ONCO' AS vocabulary_id, concept_class_id, true AS standard,
        concept_code
    FROM mapping.custom_concept
    UNION ALL
    SELECT 1, source_concept_id, concept_name, domain_id, vocabulary_id,
        -- The starter maps name drugs by their ingredients.
        CASE WHEN domain_id = 'Drug' AND source_concept_id = concept_id THEN 'Ingredient' ELSE 'Undefined' END,
        source_concept_id = concept_id, concept_code
    FROM mapping.starter WHERE source_concept_id IS NOT NULL AND vocabulary_id <> 'ONCO'
    UNION ALL
    SELECT 2, concept_id::INTEGER, concept_name, domain_id, vocabulary_id, 'Undefined', true, concept_id
    FROM read_csv('{concepts}/constants.csv', all_varchar = true, header = true)
    UNION ALL
    SELECT 3, concept_id, concept_name, domain_id, 'None',
        CASE WHEN domain_id = 'Drug' THEN 'Ingredient' ELSE 'Undefined' END, true, concept_id::VARCHAR
    FROM mapping.starter
    UNION ALL
    SELECT 4, 0, 'No matching concept', 'Metadata', 'None', 'Undefined', false, 'No matching concept'
)
GROUP BY concept_id;
"""

_SITE = """
CREATE OR REPLACE TABLE mapping.site AS
SELECT
    s.source_vocabulary_id, s.source_code, s.source_concept_id, s.target_concept_id AS concept_id, k.domain_id,
    row_number() OVER () AS target_no
FROM site_row AS s LEFT JOIN mapping.known_concept AS k ON k.concept_id = s.target_concept_id;
"""


def load(con: duckdb.DuckDBPyConnection, *, block_start: int = 2_000_000_000, site_map: Path | None = None) -> None:
    """Create the tables of schema `mapping` from mappings/concepts, the reasons and the site's own map.

    Custom concepts have the ids `block_start` + offset. Call after `relations.define_macros`. Raises
    ConfigurationError, with file, line and column, for a malformed site map.
    """
    mappings = Path(str(files("onco_mappings")))
    concepts = mappings / "concepts"
    starter_maps = sorted(path for path in concepts.glob("*.csv") if path.name not in _OTHER_FILES)
    con.execute(
        _LOAD.format(
            mappings=_quoted(mappings),
            concepts=_quoted(concepts),
            starter_maps=", ".join(f"'{_quoted(path)}'" for path in starter_maps),
            block_start=int(block_start),
        )
    )
    read_site_map(con, site_map)
    con.execute(_SITE)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def resolve(con: duckdb.DuckDBPyConnection) -> None:
    """Make what `relations.select` reads from the relations in schema `fhir`, and `mapping.codeable`.

    `mapping.codeable` has a row per CodeableConcept, use (event, drug, unit, value) and target: codeable_key, used_as,
    target_no (from 1), concept_id, domain_id, source_concept_id, source_value (at most 50 characters),
    value_as_concept_id. The events are temporary tables of this connection. Raises MappingError if two
    CodeableConcepts share a key.
    """
    for name in relations.EVENTS:
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_event AS {relations.event(name)}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE concept_in_use AS {relations.coded('concepts_in_use')}")
    found = con.execute("SELECT count(*) - count(DISTINCT codeable_key) FROM concept_in_use").fetchone()
    if found is None or found[0] > 0:
        raise MappingError("two different CodeableConcepts have the same key")
    con.execute(f"CREATE OR REPLACE TABLE mapping.codeable AS {relations.coded('codeable')}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE clinical_event AS {relations.coded('clinical_event')}")


_VALID = "DATE '1970-01-01' AS valid_start_date, DATE '2099-12-31' AS valid_end_date"


def vocabulary_slice() -> dict[str, str]:
    """CDM vocabulary table -> SELECT of its rows for the concepts of the starter maps and the custom concepts.

    Standard concepts map to themselves and are their own ancestors, so that eras can be built without a vocabulary.
    """
    # Says here, not in the caller's statement, that nothing was loaded.
    standard = "FROM mapping.known_concept WHERE standard_concept = 'S'"
    return {
        "concept": f"""
            SELECT concept_id, concept_name, domain_id, vocabulary_id, concept_class_id, standard_concept,
                concept_code, {_VALID}, NULL::VARCHAR AS invalid_reason
            FROM mapping.known_concept""",
        "vocabulary": """
            SELECT DISTINCT vocabulary_id, vocabulary_id AS vocabulary_name, NULL::VARCHAR AS vocabulary_reference,
                NULL::VARCHAR AS vocabulary_version, 0 AS vocabulary_concept_id
            FROM mapping.known_concept""",
        "domain": """
            SELECT DISTINCT domain_id, domain_id AS domain_name, 0 AS domain_concept_id FROM mapping.known_concept""",
        "concept_class": """
            SELECT DISTINCT concept_class_id, concept_class_id AS concept_class_name, 0 AS concept_class_concept_id
            FROM mapping.known_concept""",
        "concept_relationship": f"""
            SELECT concept_id AS concept_id_1, concept_id AS concept_id_2, 'Maps to' AS relationship_id, {_VALID},
                NULL::VARCHAR AS invalid_reason {standard}
            UNION
            SELECT source_concept_id, concept_id, 'Maps to', {_VALID}, NULL FROM mapping.starter
            WHERE source_concept_id IS NOT NULL""",
        "relationship": """
            SELECT 'Maps to' AS relationship_id, 'Maps to' AS relationship_name, '0' AS is_hierarchical,
                '0' AS defines_ancestry, 'Mapped from' AS reverse_relationship_id, 0 AS relationship_concept_id""",
        "concept_ancestor": f"""
            SELECT concept_id AS ancestor_concept_id, concept_id AS descendant_concept_id,
                0 AS min_levels_of_separation, 0 AS max_levels_of_separation {standard}""",
    }
