-- Rows dated more than a week before or after their visit.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE t.$field NOT BETWEEN v.visit_start_date - 7 AND v.visit_end_date + 7) AS violations
FROM cdm.$cdm_table AS t
INNER JOIN cdm.visit_occurrence AS v ON t.visit_occurrence_id = v.visit_occurrence_id
