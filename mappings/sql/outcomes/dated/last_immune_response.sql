-- Each assessment, by the patient's source for iRECIST, with one of the responses; the last that counts decides.
SELECT
    person_id,
    assessment_date AS decided_on,
    cdm_table,
    cdm_row_id
FROM immune_assessment
WHERE chosen AND list_contains($responses, immune_response)
