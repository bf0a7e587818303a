-- The first new systemic therapy after index.
SELECT
    person_id,
    new_therapy_date AS decided_on,
    'drug_exposure' AS cdm_table,
    new_therapy_row_id AS cdm_row_id
FROM new_therapy
