"""The starter maps held against the loaded vocabulary, which wins; what differs is kept in `state.starter_check`."""

from __future__ import annotations

import duckdb

# aspect: what of a row is compared. Differences of names are for information: the maps use words of their own.
_CHECK = """
CREATE OR REPLACE TEMP TABLE checked AS
SELECT
    r.vocabulary_id, r.concept_code, r.concept_name, r.domain_id, r.source_concept_id, r.concept_id,
    v.concept_id AS found_id,
    r.vocabulary_id IN (SELECT vocabulary_id FROM vocabulary_concept) AS has_vocabulary
FROM mapping.starter_row AS r LEFT JOIN mapping.vocabulary_code AS v USING (vocabulary_id, concept_code)
WHERE r.vocabulary_id <> 'ONCO';

CREATE OR REPLACE TEMP TABLE described AS
SELECT concept_id, concept_name, domain_id, standard_concept, invalid_reason
FROM vocabulary_concept
WHERE concept_id IN (
    SELECT unnest([concept_id, found_id]) FROM checked UNION SELECT concept_id FROM mapping.constant
);

-- The standard concepts that the vocabulary gives a code of the maps.
CREATE OR REPLACE TEMP TABLE given AS
SELECT source_concept_id AS found_id, list(DISTINCT concept_id ORDER BY concept_id) AS ids
FROM mapping.standard_target WHERE source_concept_id NOT IN (SELECT concept_id FROM mapping.custom_concept)
GROUP BY ALL;

DELETE FROM state.starter_check;

INSERT INTO state.starter_check
SELECT DISTINCT vocabulary_id, concept_code, aspect, starter, vocabulary, aspect <> 'name'
FROM (
    SELECT vocabulary_id, concept_code, 'code' AS aspect, concept_code AS starter, 'not in it' AS vocabulary
    FROM checked WHERE has_vocabulary AND found_id IS NULL
    UNION ALL
    SELECT vocabulary_id, concept_code, 'source concept', source_concept_id::VARCHAR, found_id::VARCHAR
    FROM checked WHERE source_concept_id <> found_id
    UNION ALL
    SELECT c.vocabulary_id, c.concept_code, 'target', c.concept_id::VARCHAR, array_to_string(g.ids, ', ')
    FROM checked AS c JOIN given AS g USING (found_id)
    WHERE NOT list_contains(g.ids, c.concept_id)
        AND c.concept_id NOT IN (SELECT concept_id FROM mapping.custom_concept)
    UNION ALL
    SELECT c.vocabulary_id, c.concept_code, 'custom concept', x.concept_code, array_to_string(g.ids, ', ')
    FROM checked AS c JOIN given AS g USING (found_id) JOIN mapping.custom_concept AS x ON x.concept_id = c.concept_id
    UNION ALL
    SELECT c.vocabulary_id, c.concept_code, d.aspect, d.starter, d.vocabulary
    FROM checked AS c JOIN described AS k USING (concept_id),
    LATERAL (
        SELECT
            unnest(['domain', 'standard', 'validity']) AS aspect,
            unnest([c.domain_id, 'S', 'valid']) AS starter,
            unnest([
                k.domain_id, coalesce(k.standard_concept, 'not standard'),
                coalesce('invalid: ' || k.invalid_reason, 'valid')
            ]) AS vocabulary
    ) AS d
    WHERE d.starter <> d.vocabulary
    UNION ALL
    SELECT c.vocabulary_id, c.concept_code, 'name', c.concept_name, k.concept_name
    FROM checked AS c JOIN described AS k USING (concept_id)
    WHERE c.found_id = c.concept_id AND plain_text(c.concept_name) <> plain_text(k.concept_name)
    UNION ALL
    SELECT 'constants.csv', n.name, 'concept', n.concept_id::VARCHAR, 'not in it'
    FROM mapping.constant AS n ANTI JOIN described AS k USING (concept_id)
    WHERE n.vocabulary_id IN (SELECT vocabulary_id FROM vocabulary_concept)
    UNION ALL
    SELECT 'constants.csv', n.name, 'domain', n.domain_id, k.domain_id
    FROM mapping.constant AS n JOIN described AS k USING (concept_id) WHERE n.domain_id <> k.domain_id
    UNION ALL
    SELECT 'constants.csv', n.name, 'standard', 'S', coalesce(k.standard_concept, 'not standard')
    FROM mapping.constant AS n JOIN described AS k USING (concept_id)
    WHERE coalesce(k.standard_concept, '') <> 'S' AND n.domain_id <> 'Metadata'
    UNION ALL
    SELECT 'constants.csv', n.name, 'name', n.concept_name, k.concept_name
    FROM mapping.constant AS n JOIN described AS k USING (concept_id)
    WHERE plain_text(n.concept_name) <> plain_text(k.concept_name)
);
"""


def check(con: duckdb.DuckDBPyConnection) -> None:
    """Compare every row of the starter maps, by (vocabulary, code), and every constant; after `concepts.load`.

    Writes state.starter_check: vocabulary_id, concept_code, aspect, starter, vocabulary, and whether the difference
    is a disagreement or only a name in other words. Rows of vocabularies that are not loaded are not judged.
    """
    con.execute(_CHECK)


def disagreements(con: duckdb.DuckDBPyConnection, *, names: bool = False) -> list[dict[str, object]]:
    """What differs: vocabulary_id, concept_code, aspect, starter, vocabulary; names only where asked for."""
    columns = ("vocabulary_id", "concept_code", "aspect", "starter", "vocabulary")
    found = con.execute(
        f"""
        SELECT {", ".join(columns)} FROM state.starter_check WHERE disagrees OR {names}
        ORDER BY disagrees DESC, aspect, vocabulary_id, concept_code, starter
        """
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]
