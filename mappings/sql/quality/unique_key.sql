-- Rows beyond the first of each key.
SELECT
    count(*) AS examined,
    count(*) - count(DISTINCT t.$field) AS violations
FROM cdm.$cdm_table AS t
