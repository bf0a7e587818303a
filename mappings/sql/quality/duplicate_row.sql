-- Rows that agree with another in every field but their key.
SELECT
    count(*) AS examined,
    count(*) - count(DISTINCT hash($content)) AS violations
FROM cdm.$cdm_table
