-- Measurements and observations up to the cut whose concept or value is of any concept set, with their values:
-- the one place where these two tables are read for values.
WITH wanted AS (
    SELECT DISTINCT concept_id FROM concept_member
)

SELECT
    person_id,
    measurement_concept_id AS concept_id,
    measurement_date AS finding_date,
    measurement_datetime AS finding_datetime,
    value_as_number,
    value_as_concept_id,
    value_source_value,
    unit_concept_id,
    NULL::INTEGER AS qualifier_concept_id,
    measurement_event_id AS event_id,
    meas_event_field_concept_id AS event_field_concept_id,
    'measurement' AS cdm_table,
    measurement_id AS cdm_row_id
FROM cdm.measurement
WHERE
    measurement_date <= $data_cut
    AND (measurement_concept_id IN (FROM wanted) OR value_as_concept_id IN (FROM wanted))
UNION ALL
SELECT
    person_id,
    observation_concept_id AS concept_id,
    observation_date AS finding_date,
    observation_datetime AS finding_datetime,
    value_as_number,
    value_as_concept_id,
    value_source_value,
    unit_concept_id,
    qualifier_concept_id,
    observation_event_id AS event_id,
    obs_event_field_concept_id AS event_field_concept_id,
    'observation' AS cdm_table,
    observation_id AS cdm_row_id
FROM cdm.observation
WHERE
    observation_date <= $data_cut
    AND (observation_concept_id IN (FROM wanted) OR value_as_concept_id IN (FROM wanted))
