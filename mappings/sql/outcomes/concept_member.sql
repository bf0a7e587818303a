-- The concepts of every concept set: concept_set, concept_id, group_label. One row per set and concept: the group that
-- names it, else the nearest ancestor's. A custom code that the loaded vocabulary does not hold has no member.
WITH named AS (
    SELECT
        definition.concept_set,
        definition.group_position,
        definition.group_label,
        definition.descendants,
        coalesce(definition.concept_id, own.concept_id) AS concept_id
    FROM definition_concept AS definition
    LEFT JOIN cdm.concept AS own
        ON definition.custom = own.concept_code AND own.vocabulary_id = 'ONCO'
),

found AS (
    SELECT
        concept_set,
        group_position,
        group_label,
        concept_id,
        0 AS distance
    FROM named
    WHERE concept_id IS NOT NULL
    UNION ALL
    SELECT
        named.concept_set,
        named.group_position,
        named.group_label,
        below.descendant_concept_id AS concept_id,
        below.min_levels_of_separation AS distance
    FROM named
    INNER JOIN cdm.concept_ancestor AS below ON named.concept_id = below.ancestor_concept_id
    WHERE named.descendants
)

SELECT
    concept_set,
    concept_id,
    group_label
FROM found
QUALIFY row_number() OVER (PARTITION BY concept_set, concept_id ORDER BY distance, group_position) = 1
