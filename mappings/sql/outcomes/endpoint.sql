-- One row per patient and endpoint: the earliest of its events (on one day: the one named first); without event, the
-- first of its censorings that exists. Survival times count both ends: end - start + 1 days, at least 1.
SELECT
    patient.person_id AS subject_id,
    declared.endpoint,
    patient.index_date AS start_date,
    declared.is_event AS event,
    dated.name AS decided_by,
    dated.decided_on,
    dated.cdm_table,
    dated.cdm_row_id,
    (greatest(dated.decided_on, patient.index_date) - patient.index_date + 1)::INTEGER AS time_days
FROM cohort_member AS patient
INNER JOIN dated ON patient.person_id = dated.person_id
INNER JOIN endpoint_rule AS declared ON dated.name = declared.name
QUALIFY
    row_number() OVER (
        PARTITION BY patient.person_id, declared.endpoint
        ORDER BY
            declared.is_event DESC,
            CASE WHEN declared.is_event THEN dated.decided_on END,
            declared.position ASC
    ) = 1
ORDER BY declared.endpoint_position, patient.person_id
