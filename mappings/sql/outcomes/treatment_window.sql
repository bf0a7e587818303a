-- The time in which events count: from the first dose of either component until $window_days after the last dose of
-- either ($extended_window_days for serious events and extended terms), and before new systemic therapy (design: as in
-- trials of checkpoint inhibitors, whose protocols follow serious and immune-related events for 90 days). Doses after
-- new therapy belong to it. `known_until`: death or the last contact, as in the endpoints; that a supply would have
-- lasted longer says nothing of the patient.
WITH last_dose AS (
    SELECT
        patient.person_id,
        max(exposure.end_date) AS last_dose_date
    FROM cohort_member AS patient
    INNER JOIN exposure_record AS exposure
        ON patient.person_id = exposure.person_id AND patient.first_start <= exposure.start_date
    INNER JOIN component ON exposure.concept_set = component.concept_set
    LEFT JOIN new_therapy ON patient.person_id = new_therapy.person_id
    WHERE coalesce(exposure.start_date < new_therapy.new_therapy_date, TRUE)
    GROUP BY patient.person_id
)

SELECT
    patient.person_id,
    patient.first_start AS first_dose_date,
    last_dose.last_dose_date,
    new_therapy.new_therapy_date,
    death.death_date,
    coalesce(death.death_date, contact.contact_date) AS known_until,
    least(
        last_dose.last_dose_date + $window_days,
        coalesce(new_therapy.new_therapy_date - 1, last_dose.last_dose_date + $window_days)
    ) AS window_end,
    least(
        last_dose.last_dose_date + $extended_window_days,
        coalesce(new_therapy.new_therapy_date - 1, last_dose.last_dose_date + $extended_window_days)
    ) AS extended_window_end
FROM cohort_member AS patient
INNER JOIN last_dose ON patient.person_id = last_dose.person_id
LEFT JOIN new_therapy ON patient.person_id = new_therapy.person_id
LEFT JOIN cohort_death AS death ON patient.person_id = death.person_id
LEFT JOIN last_contact AS contact ON patient.person_id = contact.person_id
