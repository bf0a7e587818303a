-- Each assessment, by the patient's source, with one of the responses; the last that counts decides. A source has one a
-- day.
SELECT
    person_id,
    assessment_date AS decided_on,
    cdm_table,
    cdm_row_id
FROM assessment
WHERE chosen AND list_contains($responses, response)
