-- The first assessment, by the patient's source, with one of the responses, more than $after_days days after index. A
-- source has one a day.
SELECT
    person_id,
    assessment_date AS decided_on,
    cdm_table,
    cdm_row_id
FROM assessment
WHERE chosen AND list_contains($responses, response) AND assessment_date - index_date > $after_days
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY assessment_date) = 1
