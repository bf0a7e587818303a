-- Tumour assessments by the patient's source.
SELECT
    'assessment' AS item,
    assessment_date AS event_date,
    cdm_table,
    cdm_row_id
FROM assessment
WHERE chosen
