-- Patients alive and without new systemic therapy who were on treatment when last seen, by the rule of the endpoints:
-- no contact is known after the days that the last dose of a component covers, with their grace. `days_on_treatment`:
-- from the combination's first day to the last dose known, both ends counted. `progression_date`: the first
-- progression by the patient's source, where there was one.
WITH newest AS (
    SELECT *
    FROM exposure_era
    QUALIFY row_number() OVER (PARTITION BY person_id, component ORDER BY era_start DESC) = 1
)

SELECT
    patient.person_id AS subject_id,
    string_agg(component.label, ', ' ORDER BY component.position) AS components,
    any_value(patient.first_start) AS first_dose_date,
    max(era.last_day) AS last_dose_date,
    any_value(contact.contact_date) AS last_contact_date,
    any_value(progression.progression_date) AS progression_date,
    (max(era.last_day) - any_value(patient.first_start) + 1)::INTEGER AS days_on_treatment
FROM cohort_member AS patient
INNER JOIN newest AS era ON patient.person_id = era.person_id
INNER JOIN component ON era.component = component.component
LEFT JOIN last_contact AS contact ON patient.person_id = contact.person_id
LEFT JOIN assessed_until AS progression ON patient.person_id = progression.person_id AND progression.chosen
ANTI JOIN cohort_death AS death ON patient.person_id = death.person_id
ANTI JOIN new_therapy ON patient.person_id = new_therapy.person_id
WHERE coalesce(contact.contact_date <= era.covered_until, TRUE)
GROUP BY patient.person_id
ORDER BY last_contact_date DESC, patient.person_id ASC
