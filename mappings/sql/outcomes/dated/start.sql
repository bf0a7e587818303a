-- The index date itself, with the record that set it.
SELECT
    person_id,
    index_date AS decided_on,
    index_table AS cdm_table,
    index_row_id AS cdm_row_id
FROM cohort_member
