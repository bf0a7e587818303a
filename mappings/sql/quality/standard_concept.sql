-- Rows whose mapped concept is not standard, or no longer valid.
SELECT
    sum(u.n) AS examined,
    sum(u.n) FILTER (WHERE c.standard_concept IS DISTINCT FROM 'S' OR c.invalid_reason IS NOT NULL) AS violations
FROM concept_use AS u
INNER JOIN cdm.concept AS c ON u.concept_id = c.concept_id
WHERE u.cdm_table = '$cdm_table' AND u.field = '$field' AND u.concept_id <> 0
