-- Components taken before the combination's first day.
SELECT
    patient.person_id,
    string_agg(DISTINCT component.label, ', ' ORDER BY component.label) AS label
FROM cohort_member AS patient
INNER JOIN exposure_era AS era ON patient.person_id = era.person_id AND patient.first_start > era.era_start
INNER JOIN component ON era.component = component.component
GROUP BY patient.person_id
