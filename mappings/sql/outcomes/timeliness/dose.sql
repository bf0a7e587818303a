-- Doses of the components from the combination's first day on.
SELECT
    'dose' AS item,
    exposure.start_date AS event_date,
    'drug_exposure' AS cdm_table,
    exposure.drug_exposure_id AS cdm_row_id
FROM cohort_member AS patient
INNER JOIN exposure_record AS exposure
    ON patient.person_id = exposure.person_id AND patient.first_start <= exposure.start_date
INNER JOIN component ON exposure.concept_set = component.concept_set
