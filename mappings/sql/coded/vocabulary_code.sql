-- The loaded vocabulary's concept of each code in asked_code (vocabulary_id, concept_code); NULL where it has none.
-- Of a code that was used again for something else, the valid concept; of several, the newest.
SELECT
    a.vocabulary_id,
    a.concept_code,
    c.concept_id
FROM asked_code AS a
LEFT JOIN vocabulary_concept AS c ON a.concept_code = c.concept_code AND a.vocabulary_id = c.vocabulary_id
QUALIFY
    row_number() OVER (
        PARTITION BY a.vocabulary_id, a.concept_code
        ORDER BY c.invalid_reason IS NULL DESC, c.valid_start_date DESC, c.concept_id ASC
    ) = 1
