-- Rows with concept 0.
SELECT
    sum(u.n) AS examined,
    sum(u.n) FILTER (WHERE u.concept_id = 0) AS violations
FROM concept_use AS u
WHERE u.cdm_table = '$cdm_table' AND u.field = '$field'
