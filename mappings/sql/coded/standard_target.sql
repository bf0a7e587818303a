-- What the loaded vocabulary makes of each concept in asked_concept: the valid standard concepts that it maps to, else
-- itself if it is one. So what is invalid or not standard is followed by "Maps to" alone. A "Maps to value" goes with
-- each target that can have a value. A concept without a standard one has no row.
WITH related AS (
    SELECT
        a.concept_id AS source_concept_id,
        t.concept_id,
        t.domain_id
    FROM asked_concept AS a
    INNER JOIN vocabulary_maps_to AS m ON a.concept_id = m.concept_id AND NOT m.is_value
    INNER JOIN vocabulary_concept AS t
        ON m.target_concept_id = t.concept_id AND t.standard_concept = 'S' AND t.invalid_reason IS NULL
),

target AS (
    SELECT * FROM related
    UNION ALL
    SELECT
        c.concept_id AS source_concept_id,
        c.concept_id,
        c.domain_id
    FROM vocabulary_concept AS c
    SEMI JOIN asked_concept AS a ON c.concept_id = a.concept_id
    ANTI JOIN related AS r ON c.concept_id = r.source_concept_id
    WHERE c.standard_concept = 'S' AND c.invalid_reason IS NULL
),

answer AS (
    SELECT
        a.concept_id AS source_concept_id,
        v.concept_id
    FROM asked_concept AS a
    INNER JOIN vocabulary_maps_to AS m ON a.concept_id = m.concept_id AND m.is_value
    INNER JOIN vocabulary_concept AS v ON m.target_concept_id = v.concept_id AND v.invalid_reason IS NULL
)

SELECT
    t.source_concept_id,
    t.concept_id,
    t.domain_id,
    v.concept_id AS value_as_concept_id,
    row_number() OVER (PARTITION BY t.source_concept_id ORDER BY t.concept_id, v.concept_id) AS target_no
FROM target AS t
LEFT JOIN answer AS v ON t.source_concept_id = v.source_concept_id AND t.domain_id IN ('Measurement', 'Observation')
