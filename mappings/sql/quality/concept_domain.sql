-- Rows whose mapped concept is of another domain than the field is for. A field can be for several; the object of an
-- episode is also a disease, although the CDM's table of fields names procedures and regimens only.
SELECT
    sum(u.n) AS examined,
    sum(u.n) FILTER (
        WHERE NOT list_contains(string_split('$domain', ', '), c.domain_id)
        AND NOT ('$field' = 'episode_object_concept_id' AND c.domain_id = 'Condition')
    ) AS violations
FROM concept_use AS u
INNER JOIN cdm.concept AS c ON u.concept_id = c.concept_id
WHERE u.cdm_table = '$cdm_table' AND u.field = '$field' AND u.concept_id <> 0
