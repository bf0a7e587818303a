-- The concepts of every concept set: concept_set, concept_id, group_label. One row per set and concept: the group that
-- names it, else the nearest ancestor's. A custom code that the loaded vocabulary does not hold has no member.
-- A named concept also stands for the codes that the starter maps took for it, and each for what it maps to (an own
-- concept that gave way to the vocabulary's, a drug that was replaced). Not so for diagnoses of vocabularies that are
-- not standard: what they map to can be wider than what the set means, and their rows keep the code's own concept.
WITH named AS (
    SELECT
        definition.concept_set,
        definition.group_position,
        definition.group_label,
        definition.descendants,
        coalesce(definition.concept_id, own.concept_id) AS concept_id
    FROM definition_concept AS definition
    LEFT JOIN cdm.concept AS own
        ON definition.concept_code = own.concept_code AND definition.vocabulary_id = own.vocabulary_id
),

coded AS (
    SELECT * FROM named
    WHERE concept_id IS NOT NULL
    UNION
    SELECT named.* REPLACE (code.source_concept_id AS concept_id)
    FROM named
    INNER JOIN cdm.source_to_concept_map AS code ON named.concept_id = code.target_concept_id
    WHERE code.source_concept_id <> 0
),

meant AS (
    SELECT * FROM coded
    UNION
    SELECT coded.* REPLACE (related.concept_id_2 AS concept_id)
    FROM coded
    INNER JOIN cdm.concept ON coded.concept_id = concept.concept_id
    INNER JOIN cdm.concept_relationship AS related
        ON coded.concept_id = related.concept_id_1 AND related.relationship_id = 'Maps to'
    WHERE
        related.invalid_reason IS NULL
        AND (concept.vocabulary_id IN ('ONCO', 'SNOMED') OR concept.domain_id <> 'Condition')
),

found AS (
    SELECT
        concept_set,
        group_position,
        group_label,
        concept_id,
        0 AS distance
    FROM meant
    UNION ALL
    SELECT
        meant.concept_set,
        meant.group_position,
        meant.group_label,
        below.descendant_concept_id AS concept_id,
        below.min_levels_of_separation AS distance
    FROM meant
    INNER JOIN cdm.concept_ancestor AS below ON meant.concept_id = below.ancestor_concept_id
    WHERE meant.descendants
)

SELECT
    concept_set,
    concept_id,
    group_label
FROM found
QUALIFY row_number() OVER (PARTITION BY concept_set, concept_id ORDER BY distance, group_position) = 1
