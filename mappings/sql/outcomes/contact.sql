-- Clinical contacts, each with what was recorded: visits, measurements, drugs, conditions, procedures, observations.
-- Starts only: ends of drugs are often guesses; an ended visit was a contact until its end, and a stay that goes on
-- until the extract date, or until death.
SELECT
    person_id,
    visit_start_date AS contact_date,
    visit_concept_id AS concept_id,
    'visit_occurrence' AS cdm_table,
    visit_occurrence_id AS cdm_row_id
FROM cdm.visit_occurrence
UNION ALL BY NAME
SELECT
    visit.person_id,
    coalesce(stay.last_date, visit.visit_end_date) AS contact_date,
    visit.visit_concept_id AS concept_id,
    'visit_occurrence' AS cdm_table,
    visit.visit_occurrence_id AS cdm_row_id
FROM cdm.visit_occurrence AS visit
LEFT JOIN outlived_stay AS stay ON visit.visit_occurrence_id = stay.visit_occurrence_id
UNION ALL BY NAME
SELECT
    person_id,
    measurement_date AS contact_date,
    measurement_concept_id AS concept_id,
    'measurement' AS cdm_table,
    measurement_id AS cdm_row_id
FROM cdm.measurement
UNION ALL BY NAME
SELECT
    person_id,
    drug_exposure_start_date AS contact_date,
    drug_concept_id AS concept_id,
    'drug_exposure' AS cdm_table,
    drug_exposure_id AS cdm_row_id
FROM cdm.drug_exposure
UNION ALL BY NAME
SELECT
    person_id,
    condition_start_date AS contact_date,
    condition_concept_id AS concept_id,
    'condition_occurrence' AS cdm_table,
    condition_occurrence_id AS cdm_row_id
FROM cdm.condition_occurrence
UNION ALL BY NAME
SELECT
    person_id,
    procedure_date AS contact_date,
    procedure_concept_id AS concept_id,
    'procedure_occurrence' AS cdm_table,
    procedure_occurrence_id AS cdm_row_id
FROM cdm.procedure_occurrence
UNION ALL BY NAME
SELECT
    person_id,
    observation_date AS contact_date,
    observation_concept_id AS concept_id,
    'observation' AS cdm_table,
    observation_id AS cdm_row_id
FROM cdm.observation
