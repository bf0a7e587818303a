-- The concepts that the episode rules name, of each registry and role: one row per registry, role and concept, of the
-- label that names it, else of the nearest ancestor's. A code that is not known has no concept.
WITH named AS (
    SELECT
        r.* EXCLUDE (concept_id),
        coalesce(r.concept_id, c.concept_id) AS concept_id
    FROM episode_rule_concept AS r
    LEFT JOIN cdm.concept AS c ON r.concept_code = c.concept_code AND r.vocabulary_id = c.vocabulary_id
),

found AS (
    SELECT
        n.*,
        0 AS distance
    FROM named AS n
    WHERE n.concept_id IS NOT NULL
    UNION ALL
    SELECT
        n.* REPLACE (a.descendant_concept_id AS concept_id),
        a.min_levels_of_separation AS distance
    FROM named AS n INNER JOIN cdm.concept_ancestor AS a ON n.concept_id = a.ancestor_concept_id
    WHERE n.descendants
)

SELECT
    registry,
    role,
    concept_id,
    agent,
    is_component,
    label
FROM found
QUALIFY row_number() OVER (PARTITION BY registry, role, concept_id ORDER BY distance, position) = 1
