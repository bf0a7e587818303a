"""The slice of the vocabulary that the CDM's rows and the concept sets use, in the vocabulary tables of schema `cdm`.

With a loaded vocabulary: its rows for the concepts in use and all their ancestors, so that eras can be built and a
concept set with descendants finds them. Without one: the descriptions that come with the maps.
"""

from __future__ import annotations

import duckdb

from onco_etl import cdm
from onco_etl.query import scalar

_TABLES = tuple(table for table in cdm.VOCABULARY_TABLES if table != "concept_synonym")
_VALID = "DATE '1970-01-01' AS valid_start_date, DATE '2099-12-31' AS valid_end_date"

_IN_USE = """
SELECT unnest([concept_id, source_concept_id, value_as_concept_id]) AS concept_id FROM mapping.codeable
"""
# What the maps, the SELECTs and the definitions of registries can name, whether or not a row has it yet.
_NAMED = """
SELECT concept_id FROM mapping.known_concept
UNION
SELECT unnest([v.concept_id, t.concept_id, t.value_as_concept_id])
FROM mapping.vocabulary_code AS v LEFT JOIN mapping.standard_target AS t ON t.source_concept_id = v.concept_id
UNION
SELECT unnest([t.source_concept_id, t.concept_id]) FROM mapping.standard_target AS t
UNION
-- What describes the vocabulary itself.
SELECT concept_id FROM vocabulary_concept WHERE domain_id = 'Metadata'
"""

_CONCEPT = f"""
INSERT INTO cdm.concept_ancestor BY NAME
SELECT a.* FROM vocabulary_concept_ancestor AS a SEMI JOIN new_in_use AS n ON n.concept_id = a.descendant_concept_id;

-- A standard concept whose ancestors are not there is its own, so that eras can be built.
INSERT INTO cdm.concept_ancestor BY NAME
SELECT DISTINCT
    k.concept_id AS ancestor_concept_id, k.concept_id AS descendant_concept_id, 0 AS min_levels_of_separation,
    0 AS max_levels_of_separation
FROM (
    SELECT concept_id, standard_concept FROM mapping.known_concept
    UNION ALL
    SELECT concept_id, standard_concept FROM vocabulary_concept
) AS k
SEMI JOIN new_in_use AS n USING (concept_id)
ANTI JOIN cdm.concept_ancestor AS a ON a.descendant_concept_id = k.concept_id
WHERE k.standard_concept = 'S';

INSERT INTO cdm.drug_strength BY NAME
SELECT d.* FROM vocabulary_drug_strength AS d SEMI JOIN new_in_use AS n ON n.concept_id = d.drug_concept_id;

CREATE OR REPLACE TEMP TABLE new_concept AS
SELECT concept_id FROM (
    SELECT concept_id FROM new_in_use
    UNION
    SELECT ancestor_concept_id FROM cdm.concept_ancestor
    UNION
    SELECT unnest([
        ingredient_concept_id, amount_unit_concept_id, numerator_unit_concept_id, denominator_unit_concept_id
    ]) FROM cdm.drug_strength
)
WHERE concept_id IS NOT NULL AND concept_id NOT IN (SELECT concept_id FROM cdm.concept);

INSERT INTO cdm.concept BY NAME
SELECT v.* REPLACE (coalesce(nullif(v.concept_name, ''), v.concept_code) AS concept_name)
FROM vocabulary_concept AS v SEMI JOIN new_concept AS n USING (concept_id);

INSERT INTO cdm.concept BY NAME
SELECT
    k.concept_id, k.concept_name, k.domain_id, k.vocabulary_id, k.concept_class_id, k.standard_concept,
    k.concept_code, {_VALID},
    CASE WHEN k.vocabulary_id = 'ONCO' AND k.standard_concept IS NULL THEN 'U' END AS invalid_reason
FROM mapping.known_concept AS k SEMI JOIN new_concept AS n USING (concept_id)
ANTI JOIN cdm.concept AS c USING (concept_id);

INSERT INTO cdm.concept_relationship BY NAME
SELECT r.*
FROM vocabulary_concept_relationship AS r
SEMI JOIN cdm.concept AS c ON c.concept_id = r.concept_id_1
SEMI JOIN cdm.concept AS d ON d.concept_id = r.concept_id_2
WHERE r.concept_id_1 IN (FROM new_concept) OR r.concept_id_2 IN (FROM new_concept);

-- What the vocabulary does not know of maps to itself, or to what it gave way to.
INSERT INTO cdm.concept_relationship BY NAME
SELECT DISTINCT
    m.concept_id_1, m.concept_id_2, 'Maps to' AS relationship_id, {_VALID}, NULL::VARCHAR AS invalid_reason
FROM (
    SELECT k.concept_id AS concept_id_1, coalesce(t.concept_id, k.concept_id) AS concept_id_2
    FROM mapping.known_concept AS k LEFT JOIN mapping.standard_target AS t ON t.source_concept_id = k.concept_id
    WHERE k.standard_concept = 'S' OR t.concept_id IS NOT NULL
    UNION ALL
    SELECT r.source_concept_id, coalesce(t.concept_id, r.concept_id)
    FROM mapping.starter_row AS r LEFT JOIN mapping.standard_target AS t ON t.source_concept_id = r.concept_id
    WHERE r.source_concept_id IS NOT NULL
) AS m
SEMI JOIN new_concept AS n ON n.concept_id = m.concept_id_1
ANTI JOIN vocabulary_maps_to AS v ON v.concept_id = m.concept_id_1;
"""

# Small tables: made anew whenever a concept comes.
_ABOUT = """
DELETE FROM cdm.vocabulary; DELETE FROM cdm.domain; DELETE FROM cdm.concept_class; DELETE FROM cdm.relationship;
INSERT INTO cdm.vocabulary BY NAME FROM vocabulary_vocabulary;
INSERT INTO cdm.vocabulary BY NAME
SELECT DISTINCT vocabulary_id, vocabulary_id AS vocabulary_name, 0 AS vocabulary_concept_id
FROM cdm.concept ANTI JOIN cdm.vocabulary USING (vocabulary_id);

INSERT INTO cdm.domain BY NAME FROM vocabulary_domain;
INSERT INTO cdm.domain BY NAME
SELECT DISTINCT domain_id, domain_id AS domain_name, 0 AS domain_concept_id
FROM cdm.concept ANTI JOIN cdm.domain USING (domain_id);

INSERT INTO cdm.concept_class BY NAME FROM vocabulary_concept_class;
INSERT INTO cdm.concept_class BY NAME
SELECT DISTINCT concept_class_id, concept_class_id AS concept_class_name, 0 AS concept_class_concept_id
FROM cdm.concept ANTI JOIN cdm.concept_class USING (concept_class_id);

INSERT INTO cdm.relationship BY NAME FROM vocabulary_relationship;
INSERT INTO cdm.relationship BY NAME
SELECT DISTINCT
    r.relationship_id, r.relationship_id AS relationship_name, '0' AS is_hierarchical, '0' AS defines_ancestry,
    CASE r.relationship_id WHEN 'Maps to' THEN 'Mapped from' ELSE r.relationship_id END AS reverse_relationship_id,
    0 AS relationship_concept_id
FROM cdm.concept_relationship AS r ANTI JOIN cdm.relationship USING (relationship_id);
"""

# The starter maps, for the codes that the loaded vocabulary holds itself: so a concept set that names what a code stood
# for finds the code's own concept.
_STARTER_MAP = f"""
INSERT INTO cdm.source_to_concept_map BY NAME
SELECT
    r.concept_code AS source_code, v.concept_id AS source_concept_id, r.vocabulary_id AS source_vocabulary_id,
    left(r.concept_name, 255) AS source_code_description, r.concept_id AS target_concept_id,
    coalesce(c.vocabulary_id, 'None') AS target_vocabulary_id, {_VALID}, NULL::VARCHAR AS invalid_reason
FROM mapping.starter_row AS r
JOIN mapping.vocabulary_code AS v USING (vocabulary_id, concept_code)
LEFT JOIN cdm.concept AS c ON c.concept_id = r.concept_id
WHERE v.concept_id IS NOT NULL
"""


def renew(con: duckdb.DuckDBPyConnection) -> None:
    """Make the slice anew of what the maps can name; after `concepts.load`."""
    for table in _TABLES:
        con.execute(f"DELETE FROM cdm.{table}")
    con.execute("CREATE OR REPLACE TABLE mapping.concept_in_use (concept_id INTEGER)")
    _extend(con, _NAMED)
    con.execute(_STARTER_MAP)


def extend(con: duckdb.DuckDBPyConnection) -> None:
    """Add the concepts that the codes of this run brought; after `concepts.resolve`."""
    _extend(con, _IN_USE)


def _extend(con: duckdb.DuckDBPyConnection, concepts: str) -> None:
    con.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE new_in_use AS
        SELECT DISTINCT concept_id FROM ({concepts}) ANTI JOIN mapping.concept_in_use USING (concept_id)
        WHERE concept_id IS NOT NULL
        """
    )
    if scalar(con, "SELECT count(*) FROM new_in_use"):
        con.execute("INSERT INTO mapping.concept_in_use FROM new_in_use")
        con.execute(_CONCEPT)
        con.execute(_ABOUT)
