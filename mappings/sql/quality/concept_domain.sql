-- Rows whose mapped concept is of another domain than the field is for.
SELECT
    sum(u.n) AS examined,
    sum(u.n) FILTER (WHERE c.domain_id <> '$domain') AS violations
FROM concept_use AS u
INNER JOIN cdm.concept AS c ON u.concept_id = c.concept_id
WHERE u.cdm_table = '$cdm_table' AND u.field = '$field' AND u.concept_id <> 0
