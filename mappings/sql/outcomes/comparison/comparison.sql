-- Endpoints of the arms from the landmark. Who had an endpoint's event by then is not at risk of it any more.
SELECT
    arm.definition_id AS cohort_definition_id,
    candidate.arm,
    endpoint.subject_id,
    endpoint.endpoint,
    candidate.landmark_date AS start_date,
    endpoint.event,
    endpoint.decided_by,
    endpoint.decided_on,
    endpoint.cdm_table,
    endpoint.cdm_row_id,
    endpoint.date_precision,
    (greatest(endpoint.decided_on, candidate.landmark_date) - candidate.landmark_date + 1)::INTEGER AS time_days,
    greatest(first_seen.seen_date - candidate.landmark_date, 0)::INTEGER AS entry_days
FROM endpoint
INNER JOIN endpoint_declared AS declared ON endpoint.endpoint = declared.endpoint
INNER JOIN candidate ON endpoint.subject_id = candidate.person_id
INNER JOIN arm ON candidate.arm = arm.arm
INNER JOIN first_seen ON endpoint.subject_id = first_seen.person_id
WHERE
    candidate.failed_step IS NULL
    AND list_contains($compared, endpoint.endpoint)
    AND NOT (endpoint.event AND endpoint.decided_on <= candidate.landmark_date)
ORDER BY declared.endpoint_position, arm.position, endpoint.subject_id
