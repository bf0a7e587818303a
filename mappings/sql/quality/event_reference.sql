-- Event ids that lead to no row; the concept beside the id names the table (OMOP CDM v5.4).
WITH event AS (
    SELECT
        field_condition_occurrence() AS field_concept_id,
        condition_occurrence_id AS row_id
    FROM cdm.condition_occurrence
    UNION ALL
    SELECT
        field_procedure_occurrence() AS field_concept_id,
        procedure_occurrence_id AS row_id
    FROM cdm.procedure_occurrence
    UNION ALL
    SELECT
        field_measurement() AS field_concept_id,
        measurement_id AS row_id
    FROM cdm.measurement
    UNION ALL
    SELECT
        field_drug_exposure() AS field_concept_id,
        drug_exposure_id AS row_id
    FROM cdm.drug_exposure
)

SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE e.row_id IS NULL) AS violations
FROM cdm.$cdm_table AS t
LEFT JOIN event AS e ON t.$next = e.field_concept_id AND t.$field = e.row_id
WHERE t.$field IS NOT NULL AND t.$next <> 0
