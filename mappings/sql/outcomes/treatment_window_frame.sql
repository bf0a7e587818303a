-- The time in which events count, by patient, and whether the patient died within $window_days of the last dose, or
-- before the days of the last dose were over.
SELECT
    person_id AS subject_id,
    first_dose_date,
    last_dose_date,
    window_end,
    extended_window_end,
    new_therapy_date,
    death_date,
    coalesce(death_date - last_dose_date <= $window_days, FALSE) AS died_in_window
FROM treatment_window
ORDER BY person_id
