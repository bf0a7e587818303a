-- From the first to the last recorded event of a person, as one period; 32882: Standard algorithm from EHR.
WITH event AS (
    SELECT person_id, visit_start_date AS first_date, visit_end_date AS last_date FROM cdm.visit_occurrence
    UNION ALL
    SELECT person_id, condition_start_date, coalesce(condition_end_date, condition_start_date)
    FROM cdm.condition_occurrence
    UNION ALL
    -- A prescription's end is a guess, so only its start counts.
    SELECT person_id, drug_exposure_start_date, coalesce(verbatim_end_date, drug_exposure_start_date)
    FROM cdm.drug_exposure
    UNION ALL
    SELECT person_id, procedure_date, coalesce(procedure_end_date, procedure_date) FROM cdm.procedure_occurrence
    UNION ALL
    SELECT person_id, measurement_date, measurement_date FROM cdm.measurement
    UNION ALL
    SELECT person_id, observation_date, observation_date FROM cdm.observation
    UNION ALL
    SELECT person_id, death_date, death_date FROM cdm.death
)

SELECT
    'person/' || person_id AS row_key,
    'first to last recorded event' AS derivation,
    person_id,
    min(first_date) AS observation_period_start_date,
    greatest(max(first_date), max(last_date)) AS observation_period_end_date,
    32882 AS period_type_concept_id
FROM event
SEMI JOIN work.person USING (person_id)
GROUP BY person_id
