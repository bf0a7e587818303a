-- When a person was seen: first and last date of each row. Read over the rows of the CDM, and over those that changed.
SELECT
    person_id,
    visit_start_date AS first_date,
    visit_end_date AS last_date
FROM cdm.visit_occurrence
UNION ALL
SELECT
    person_id,
    condition_start_date AS first_date,
    coalesce(condition_end_date, condition_start_date) AS last_date
FROM cdm.condition_occurrence
UNION ALL
-- The end of a prescription is a guess: only an end that was recorded counts.
SELECT
    person_id,
    drug_exposure_start_date AS first_date,
    coalesce(verbatim_end_date, drug_exposure_start_date) AS last_date
FROM cdm.drug_exposure
UNION ALL
SELECT
    person_id,
    procedure_date AS first_date,
    coalesce(procedure_end_date, procedure_date) AS last_date
FROM cdm.procedure_occurrence
UNION ALL
SELECT
    person_id,
    measurement_date AS first_date,
    measurement_date AS last_date
FROM cdm.measurement
UNION ALL
SELECT
    person_id,
    observation_date AS first_date,
    observation_date AS last_date
FROM cdm.observation
UNION ALL
SELECT
    person_id,
    death_date AS first_date,
    death_date AS last_date
FROM cdm.death
