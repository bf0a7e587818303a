-- Rows whose concept id, 0 apart, the vocabulary does not have.
SELECT
    sum(u.n) AS examined,
    sum(u.n) FILTER (WHERE c.concept_id IS NULL AND u.concept_id <> 0) AS violations
FROM concept_use AS u
LEFT JOIN cdm.concept AS c ON u.concept_id = c.concept_id
WHERE u.cdm_table = '$cdm_table' AND u.field = '$field'
