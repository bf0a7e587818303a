-- Each person's first start that met the criteria, whatever came after it: so a person is in one arm.
SELECT candidate_id
FROM candidate
WHERE failed_step IS NULL
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY first_start, candidate_id) = 1
