-- Progression by the patient's source of response.
SELECT
    person_id,
    assessment_date AS progression_date
FROM assessment
WHERE chosen AND response = 'PD'
