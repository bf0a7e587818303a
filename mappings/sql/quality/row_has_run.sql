-- Rows of a run that is not there or is not complete.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE r.run IS NULL) AS violations
FROM cdm.$cdm_table AS t
LEFT JOIN state.run AS r ON t._run_from = r.run AND r.status = 'complete'
