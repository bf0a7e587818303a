-- One row per patient of the cohort, from the patient's one source; nothing assessed is not evaluable (NE). None where
-- the registry assesses no response.
SELECT
    patient.person_id AS subject_id,
    best.response_date,
    assessed.source,
    sums.best_change,
    subtype.label AS subtype,
    coalesce(best.response, 'NE') AS response
FROM cohort_member AS patient
LEFT JOIN assessed_until AS assessed ON patient.person_id = assessed.person_id AND assessed.chosen
LEFT JOIN best_by_source AS best ON patient.person_id = best.person_id AND best.chosen
LEFT JOIN best_change AS sums ON patient.person_id = sums.person_id
LEFT JOIN stratum_value AS subtype ON patient.person_id = subtype.person_id AND subtype.stratum = 'subtype'
WHERE EXISTS (FROM response_source)
ORDER BY patient.person_id
