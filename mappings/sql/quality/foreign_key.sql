-- Keys without a row in the table that they are of.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE r.$target_key IS NULL) AS violations
FROM cdm.$cdm_table AS t
LEFT JOIN cdm.$target AS r ON t.$field = r.$target_key
WHERE t.$field IS NOT NULL
