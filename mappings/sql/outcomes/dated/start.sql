-- The index date itself, with the exposure that set it.
SELECT
    person_id,
    index_date AS decided_on,
    'drug_exposure' AS cdm_table,
    index_row_id AS cdm_row_id
FROM cohort_member
