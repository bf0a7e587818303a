-- Rows whose number was never assigned.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE k.id IS NULL) AS violations
FROM cdm.$cdm_table AS t
LEFT JOIN keys.$cdm_table AS k ON t._row_id = k.id
