-- The rows of the safety tables: those that are always asked for, with 0 events too, and the classes and terms that
-- occurred. `extended`: all of its events count in the extended window, so the time at risk is as long.
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

term AS (
    SELECT
        'term' AS kind,
        item,
        bool_and(
            term_concept_id IN (SELECT concept_id FROM concept_member WHERE concept_set = $extended_terms)
        ) AS extended
    FROM adverse_event_item
    WHERE kind = 'term'
    GROUP BY item
    UNION ALL
    SELECT
        'group' AS kind,
        concept_set AS item,
        bool_and(
            concept_id IN (SELECT concept_id FROM concept_member WHERE concept_set = $extended_terms)
        ) AS extended
    FROM concept_member
    WHERE list_contains($ae_groups, concept_set)
    GROUP BY concept_set
)

SELECT
    listed.kind,
    listed.item,
    unnest([FALSE, TRUE]) AS related_only,
    coalesce(term.extended, listed.kind = 'serious') AS extended
FROM listed
LEFT JOIN term ON listed.kind = term.kind AND listed.item = term.item
