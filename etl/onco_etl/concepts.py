"""Concepts: (system, code) and known texts -> OMOP concepts, once per distinct CodeableConcept of a run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from onco_etl import relations
from onco_etl.errors import MappingError
from onco_etl.query import scalar
from onco_etl.site_map import read_site_map, read_site_systems

# Every other CSV of mappings/concepts is a starter map.
_OTHER_FILES = (
    "constants.csv",
    "custom_concepts.csv",
    "stand_ins.csv",
    "strings.csv",
    "systems.csv",
    "unit_conversions.csv",
    "written_out.csv",
)

# What the files say.
_READ = """
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

CREATE OR REPLACE TEMP TABLE stand_in AS
SELECT c.concept_id, s.vocabulary_id, s.concept_code
FROM read_csv('{concepts}/stand_ins.csv', all_varchar = true, header = true) AS s
JOIN mapping.custom_concept AS c ON s.custom = c.concept_code;

CREATE OR REPLACE TABLE mapping.constant AS
SELECT name, vocabulary_id, concept_id::INTEGER AS concept_id, domain_id, concept_name
FROM read_csv('{concepts}/constants.csv', all_varchar = true, header = true);

CREATE OR REPLACE TABLE mapping.starter_row AS
SELECT
    row_number() OVER () AS n, m.vocabulary_id, m.concept_code, m.source_concept_id::INTEGER AS source_concept_id,
    coalesce(m.concept_id::INTEGER, c.concept_id) AS concept_id, m.domain_id, m.concept_name
FROM read_csv([{starter_maps}], all_varchar = true, header = true) AS m
LEFT JOIN mapping.custom_concept AS c ON m.custom = c.concept_code
UNION ALL
SELECT 0, 'ONCO', concept_code, concept_id, concept_id, domain_id, concept_name FROM mapping.custom_concept;

CREATE OR REPLACE TEMP TABLE string_row AS
SELECT row_number() OVER () AS n, m.text, coalesce(m.concept_id::INTEGER, c.concept_id) AS concept_id, m.domain_id
FROM read_csv('{concepts}/strings.csv', all_varchar = true, header = true) AS m
LEFT JOIN mapping.custom_concept AS c ON m.custom = c.concept_code
UNION ALL
SELECT 0, unnest([concept_name, concept_name_zh]), concept_id, domain_id FROM mapping.custom_concept;

CREATE OR REPLACE TEMP TABLE written_out_row AS
FROM read_csv('{concepts}/written_out.csv', all_varchar = true, header = true);

CREATE OR REPLACE TEMP TABLE unit_conversion_row AS
FROM read_csv('{concepts}/unit_conversions.csv', all_varchar = true, header = true);

-- Filled by what the loaded vocabulary says of the codes and concepts that are asked for, each once.
CREATE OR REPLACE TABLE mapping.vocabulary_code (vocabulary_id VARCHAR, concept_code VARCHAR, concept_id INTEGER);
CREATE OR REPLACE TABLE mapping.standard_target (
    source_concept_id INTEGER, concept_id INTEGER, domain_id VARCHAR, value_as_concept_id INTEGER, target_no BIGINT
);
"""

_ASK = """
CREATE OR REPLACE TEMP TABLE asked_code AS
SELECT vocabulary_id, concept_code FROM mapping.starter_row
UNION
SELECT vocabulary_id, concept_code FROM written_out_row
UNION
SELECT vocabulary_id, concept_code FROM stand_in;

CREATE OR REPLACE TEMP TABLE asked_concept AS
SELECT concept_id FROM mapping.starter_row
UNION SELECT concept_id FROM string_row
UNION SELECT target_concept_id FROM site_row;
"""

# What the loaded vocabulary makes of it: a target that is not standard there gives way to what it maps to, and a
# custom concept to the one standard concept of the code that it stands in for.
_APPLY = """
INSERT INTO mapping.standard_target
SELECT x.concept_id, any_value(t.concept_id), any_value(t.domain_id), NULL, 1
FROM stand_in AS x
JOIN mapping.vocabulary_code AS v USING (vocabulary_id, concept_code)
JOIN mapping.standard_target AS t ON t.source_concept_id = v.concept_id
GROUP BY x.concept_id HAVING count(DISTINCT t.concept_id) = 1;

-- The SELECTs name the constants, so these stay; starter_check says if the vocabulary would not have it so.
CREATE OR REPLACE TEMP VIEW replacement AS
FROM mapping.standard_target WHERE source_concept_id NOT IN (SELECT concept_id FROM mapping.constant);

CREATE OR REPLACE TABLE mapping.starter AS
SELECT
    r.vocabulary_id, r.concept_code, coalesce(t.concept_id, r.concept_id) AS concept_id,
    any_value(r.source_concept_id) AS source_concept_id, any_value(coalesce(t.domain_id, r.domain_id)) AS domain_id,
    any_value(r.concept_name) AS concept_name, min(1000 * r.n + coalesce(t.target_no, 1)) AS target_no
FROM mapping.starter_row AS r LEFT JOIN replacement AS t ON t.source_concept_id = r.concept_id
GROUP BY ALL;

CREATE OR REPLACE TABLE mapping.string AS
SELECT
    plain_text(s.text) AS text, coalesce(t.concept_id, s.concept_id) AS concept_id,
    coalesce(t.domain_id, s.domain_id) AS domain_id, min(1000 * s.n + coalesce(t.target_no, 1)) AS target_no
FROM string_row AS s LEFT JOIN replacement AS t ON t.source_concept_id = s.concept_id
WHERE s.text IS NOT NULL GROUP BY ALL;

-- What a code means, by the maps and by the vocabulary.
CREATE OR REPLACE TEMP VIEW meaning AS
SELECT vocabulary_id, concept_code, concept_id FROM mapping.starter
UNION
SELECT v.vocabulary_id, v.concept_code, t.concept_id
FROM mapping.vocabulary_code AS v JOIN mapping.standard_target AS t ON t.source_concept_id = v.concept_id;

CREATE OR REPLACE TABLE mapping.written_out AS
SELECT DISTINCT w.element, m.concept_id FROM written_out_row AS w JOIN meaning AS m USING (vocabulary_id, concept_code);

CREATE OR REPLACE TABLE mapping.unit_conversion AS
SELECT
    m.concept_id, f.concept_id AS unit_concept_id, any_value(t.concept_id) AS to_unit_concept_id,
    any_value(r.factor::DOUBLE) AS factor, any_value(r.low::DOUBLE) AS low, any_value(r.high::DOUBLE) AS high,
    any_value('unit: ' || r.from_unit || ' -> ' || r.to_unit) AS note
FROM unit_conversion_row AS r
JOIN meaning AS m USING (vocabulary_id, concept_code)
JOIN meaning AS f ON f.vocabulary_id = 'UCUM' AND f.concept_code = r.from_unit
JOIN mapping.starter AS t ON t.vocabulary_id = 'UCUM' AND t.concept_code = r.to_unit
GROUP BY ALL;

-- A concept is described by the row of its own code; one whose code is not known, by its number.
CREATE OR REPLACE TABLE mapping.known_concept AS
SELECT
    concept_id, arg_min(concept_name, n) AS concept_name, arg_min(domain_id, n) AS domain_id,
    arg_min(vocabulary_id, n) AS vocabulary_id, arg_min(concept_class_id, n) AS concept_class_id,
    CASE WHEN bool_or(standard) THEN 'S' END AS standard_concept, arg_min(concept_code, n) AS concept_code
FROM (
    SELECT 0 AS n, concept_id, concept_name, domain_id, 'ONCO' AS vocabulary_id, concept_class_id,
        concept_id NOT IN (SELECT source_concept_id FROM mapping.standard_target) AS standard, concept_code
    FROM mapping.custom_concept
    UNION ALL
    SELECT 1, source_concept_id, concept_name, domain_id, vocabulary_id,
        -- The starter maps name drugs by their ingredients.
        CASE WHEN domain_id = 'Drug' AND source_concept_id = concept_id THEN 'Ingredient' ELSE 'Undefined' END,
        source_concept_id = concept_id, concept_code
    FROM mapping.starter_row WHERE source_concept_id IS NOT NULL AND vocabulary_id <> 'ONCO'
    UNION ALL
    SELECT 2, concept_id, concept_name, domain_id, vocabulary_id, 'Undefined', true, concept_id::VARCHAR
    FROM mapping.constant
    UNION ALL
    SELECT 3, concept_id, concept_name, domain_id, 'None',
        CASE WHEN domain_id = 'Drug' THEN 'Ingredient' ELSE 'Undefined' END, true, concept_id::VARCHAR
    FROM mapping.starter_row WHERE concept_id NOT IN (SELECT concept_id FROM mapping.custom_concept)
    UNION ALL
    SELECT CASE WHEN regexp_full_match("text", '[ -~]+') THEN 4 ELSE 5 END, concept_id, "text", domain_id, 'None',
        CASE WHEN domain_id = 'Drug' THEN 'Ingredient' ELSE 'Undefined' END, true, concept_id::VARCHAR
    FROM string_row WHERE concept_id NOT IN (SELECT concept_id FROM mapping.custom_concept)
    UNION ALL
    SELECT 6, 0, 'No matching concept', 'Metadata', 'None', 'Undefined', false, 'No matching concept'
)
GROUP BY concept_id;

CREATE OR REPLACE TABLE mapping.site AS
SELECT
    s.source_vocabulary_id, s.source_code, s.source_concept_id,
    coalesce(t.concept_id, s.target_concept_id) AS concept_id, coalesce(t.domain_id, k.domain_id) AS domain_id,
    v.value_as_concept_id, 1000 * s.n + coalesce(t.target_no, 1) AS target_no
FROM site_row AS s
LEFT JOIN replacement AS t ON t.source_concept_id = s.target_concept_id
LEFT JOIN mapping.known_concept AS k ON k.concept_id = s.target_concept_id
LEFT JOIN (
    SELECT source_vocabulary_id, source_code, target_concept_id AS value_as_concept_id FROM site_row WHERE is_value
) AS v USING (source_vocabulary_id, source_code)
WHERE NOT s.is_value;
"""


def load(
    con: duckdb.DuckDBPyConnection,
    *,
    block_start: int = 2_000_000_000,
    site_map: Path | None = None,
    site_systems: Path | None = None,
) -> None:
    """Create the tables of schema `mapping` from mappings/concepts, the reasons, the site's own map and systems.

    What the vocabulary shown by `vocabulary.attach` says of them wins over them. Custom concepts have the ids
    `block_start` + offset. Call after `relations.define_macros`. Raises ConfigurationError, with file, line and
    column, for a malformed file of the site.
    """
    mappings = Path(str(files("onco_mappings")))
    concepts = mappings / "concepts"
    starter_maps = sorted(path for path in concepts.glob("*.csv") if path.name not in _OTHER_FILES)
    con.execute(
        _READ.format(
            mappings=_quoted(mappings),
            concepts=_quoted(concepts),
            starter_maps=", ".join(f"'{_quoted(path)}'" for path in starter_maps),
            block_start=int(block_start),
        )
    )
    for name in relations.EVENTS:
        con.execute(f"DROP TABLE IF EXISTS mapping.no_{name}_event")
    read_site_systems(con, site_systems)
    read_site_map(con, site_map)
    con.execute(_ASK)
    _look_up(con)
    con.execute(_APPLY)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def resolve(con: duckdb.DuckDBPyConnection) -> None:
    """Make what `relations.select` reads from the relations in schema `fhir`, and `mapping.codeable`.

    `mapping.codeable` has a row per CodeableConcept, use (event, drug, unit, value), target and value: codeable_key,
    used_as, target_no (from 1), concept_id, domain_id, source_concept_id, source_value (at most 50 characters),
    value_as_concept_id. The events are temporary tables of this connection. Raises MappingError if two
    CodeableConcepts share a key.
    """
    # Only of this database: a rebuild has the old workspace beside it.
    found = con.execute(
        """
        SELECT table_name FROM duckdb_tables()
        WHERE database_name = current_database() AND schema_name = 'mapping' AND starts_with(table_name, 'no_')
        """
    ).fetchall()
    kept = {name for (name,) in found}
    for name in relations.EVENTS:
        _find_events(con, name, known=f"no_{name}_event" in kept)
    con.execute(f"CREATE OR REPLACE TEMP TABLE concept_in_use AS {relations.coded('concepts_in_use')}")
    if scalar(con, "SELECT count(*) - count(DISTINCT codeable_key) FROM concept_in_use"):
        raise MappingError("two different CodeableConcepts have the same key")
    con.execute(_ASK_IN_USE)
    _look_up(con)
    con.execute(f"CREATE OR REPLACE TABLE mapping.codeable AS {relations.coded('codeable')}")
    con.execute(f"CREATE OR REPLACE TEMP TABLE clinical_event AS {relations.coded('clinical_event')}")


def _find_events(con: duckdb.DuckDBPyConnection, name: str, *, known: bool) -> None:
    """Make `<name>_event`.

    Planning such a SELECT takes longer than most nights take to run it. What it looks like without rows is kept, until
    the maps change, for the nights that bring nothing to it; `known`: whether it is.
    """
    brought = scalar(con, f"SELECT {' OR '.join(f'EXISTS (FROM {one})' for one in relations.event_sources(name))}")
    rows = relations.event(name) if brought or not known else f"FROM mapping.no_{name}_event"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_event AS {rows}")
    if not known:
        con.execute(f"CREATE TABLE mapping.no_{name}_event AS FROM {name}_event LIMIT 0")


# Codes that no run has asked for before: most nights bring few.
_ASK_IN_USE = """
CREATE OR REPLACE TEMP TABLE asked_code AS
SELECT DISTINCT s.vocabulary_id, u.coding.code AS concept_code
FROM (SELECT unnest(concept.coding) AS coding FROM concept_in_use) AS u
JOIN mapping.system AS s ON s.system = u.coding.system
ANTI JOIN mapping.vocabulary_code AS k ON k.concept_code = u.coding.code AND k.vocabulary_id = s.vocabulary_id;

CREATE OR REPLACE TEMP TABLE asked_concept (concept_id INTEGER);
"""


def _look_up(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the vocabulary says of `asked_code` and `asked_concept`."""
    if not scalar(con, "SELECT (SELECT count(*) FROM asked_code) + (SELECT count(*) FROM asked_concept)"):
        return
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE found_code AS {relations.coded("vocabulary_code")};
        INSERT INTO mapping.vocabulary_code FROM found_code;

        CREATE OR REPLACE TEMP TABLE asked_concept AS
        SELECT concept_id FROM (FROM asked_concept UNION SELECT concept_id FROM found_code) AS a
        ANTI JOIN mapping.standard_target AS t ON t.source_concept_id = a.concept_id
        WHERE concept_id IS NOT NULL;

        INSERT INTO mapping.standard_target BY NAME {relations.coded("standard_target")};
        """
    )
