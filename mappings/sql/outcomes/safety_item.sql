-- The rows of the safety tables: those that are always asked for, with 0 events too, and the classes and terms that
-- occurred. `is_extended`: all of its events count in the extended window, so the time at risk is as long.
WITH listed AS (
    SELECT
        unnest(['any', 'serious', 'severe']) AS kind,
        '' AS item
    UNION ALL
    SELECT
        'group' AS kind,
        unnest($ae_groups) AS item
    UNION
    SELECT DISTINCT
        kind,
        item
    FROM adverse_event_item
),

longer AS (
    SELECT concept_id
    FROM concept_member
    WHERE concept_set = $extended_terms
),

of_concepts AS (
    SELECT DISTINCT
        kind,
        item,
        term_concept_id AS concept_id
    FROM adverse_event_item
    WHERE kind = 'term'
    UNION ALL
    SELECT
        'group' AS kind,
        concept_set AS item,
        concept_id
    FROM concept_member
    WHERE list_contains($ae_groups, concept_set)
),

spanned AS (
    SELECT
        of_concepts.kind,
        of_concepts.item,
        bool_and(longer.concept_id IS NOT NULL) AS is_extended
    FROM of_concepts
    LEFT JOIN longer ON of_concepts.concept_id = longer.concept_id
    GROUP BY of_concepts.kind, of_concepts.item
)

SELECT
    listed.kind,
    listed.item,
    unnest([FALSE, TRUE]) AS related_only,
    coalesce(spanned.is_extended, listed.kind = 'serious') AS is_extended
FROM listed
LEFT JOIN spanned ON listed.kind = spanned.kind AND listed.item = spanned.item
