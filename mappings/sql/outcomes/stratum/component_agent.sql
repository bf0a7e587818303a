-- The agent of the component's class that opened the era covering the day from which all components were taken.
SELECT
    patient.person_id,
    era.agent AS label
FROM cohort_member AS patient
INNER JOIN exposure_era AS era
    ON
        patient.person_id = era.person_id
        AND patient.start_date BETWEEN era.era_start AND era.covered_until
WHERE era.component = $argument
