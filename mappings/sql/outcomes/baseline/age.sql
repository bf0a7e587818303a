-- Completed years at index.
SELECT
    patient.person_id,
    date_sub('year', birth.birth_date, patient.index_date)::DOUBLE AS number
FROM cohort_member AS patient
INNER JOIN birth ON patient.person_id = birth.person_id
