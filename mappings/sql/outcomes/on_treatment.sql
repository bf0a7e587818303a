-- Patients alive and without new systemic therapy whom a dose of a component still covers at the cut.
-- `days_on_treatment`: from the combination's first day, both ends counted.
SELECT
    patient.person_id AS subject_id,
    string_agg(component.label, ', ' ORDER BY component.position) AS components,
    any_value(patient.first_start) AS first_dose_date,
    max(era.last_day) AS last_dose_date,
    ($data_cut - any_value(patient.first_start) + 1)::INTEGER AS days_on_treatment
FROM cohort_member AS patient
INNER JOIN exposure_era AS era
    ON patient.person_id = era.person_id AND $data_cut BETWEEN era.era_start AND era.covered_until
INNER JOIN component ON era.component = component.component
ANTI JOIN cohort_death AS death ON patient.person_id = death.person_id
ANTI JOIN new_therapy ON patient.person_id = new_therapy.person_id
GROUP BY patient.person_id
ORDER BY patient.person_id
