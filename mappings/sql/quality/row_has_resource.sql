-- Rows whose resource is not there or was deleted.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE r.resource_key IS NULL) AS violations
FROM cdm.$cdm_table AS t
LEFT JOIN state.resource AS r ON t._resource_key = r.resource_key AND NOT r.deleted
