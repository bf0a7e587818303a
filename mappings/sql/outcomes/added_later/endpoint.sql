-- Their endpoints, from the day of the addition.
SELECT
    endpoint.subject_id,
    endpoint.endpoint,
    endpoint.start_date,
    endpoint.time_days,
    endpoint.event,
    endpoint.decided_by,
    endpoint.decided_on,
    endpoint.cdm_table,
    endpoint.cdm_row_id,
    endpoint.entry_days,
    endpoint.date_precision,
    $definition_id AS cohort_definition_id
FROM endpoint
INNER JOIN endpoint_declared AS declared ON endpoint.endpoint = declared.endpoint
WHERE list_contains($shown, endpoint.endpoint)
ORDER BY declared.endpoint_position, endpoint.subject_id
