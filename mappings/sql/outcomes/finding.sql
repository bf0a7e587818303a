-- Measurements and observations up to the cut whose concept or value is of any concept set, with their values:
-- the one place where these two tables are read for values. `value_as_number`: what was measured; where only a bound of
-- it is known ('<0.1'), that is its `upper_bound` or `lower_bound` instead. An observation has no operator: its text
-- says so.
WITH wanted AS (
    SELECT DISTINCT concept_id FROM concept_member
),

found AS (
    SELECT
        measured.person_id,
        measured.measurement_concept_id AS concept_id,
        measured.measurement_date AS finding_date,
        measured.measurement_datetime AS finding_datetime,
        measured.value_as_number AS amount,
        bound.below,
        measured.value_as_concept_id,
        measured.value_source_value,
        measured.unit_concept_id,
        NULL::INTEGER AS qualifier_concept_id,
        measured.measurement_event_id AS event_id,
        measured.meas_event_field_concept_id AS event_field_concept_id,
        'measurement' AS cdm_table,
        measured.measurement_id AS cdm_row_id
    FROM cdm.measurement AS measured
    LEFT JOIN bound_operator AS bound ON measured.operator_concept_id = bound.concept_id
    WHERE
        measured.measurement_date <= $data_cut
        AND (measured.measurement_concept_id IN (FROM wanted) OR measured.value_as_concept_id IN (FROM wanted))
    UNION ALL
    SELECT
        person_id,
        observation_concept_id AS concept_id,
        observation_date AS finding_date,
        observation_datetime AS finding_datetime,
        value_as_number AS amount,
        CASE left(value_source_value, 1) WHEN '<' THEN TRUE WHEN '>' THEN FALSE END AS below,
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
)

SELECT
    * EXCLUDE (amount, below),
    CASE WHEN below IS NULL THEN amount END AS value_as_number,
    CASE WHEN below THEN amount END AS upper_bound,
    CASE WHEN NOT below THEN amount END AS lower_bound
FROM found
