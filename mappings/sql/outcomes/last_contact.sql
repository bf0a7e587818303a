-- The last clinical contact up to the cut: visits, measurements, drugs, conditions, procedures, observations. Starts
-- only: ends of drugs are often guesses; an ended visit was a contact until its end.
WITH contact AS (
    SELECT person_id, visit_start_date AS contact_date, 'visit_occurrence' AS cdm_table,
        visit_occurrence_id AS cdm_row_id
    FROM cdm.visit_occurrence
    UNION ALL
    SELECT person_id, visit_end_date, 'visit_occurrence', visit_occurrence_id
    FROM cdm.visit_occurrence
    UNION ALL
    SELECT person_id, measurement_date, 'measurement', measurement_id
    FROM cdm.measurement
    UNION ALL
    SELECT person_id, drug_exposure_start_date, 'drug_exposure', drug_exposure_id
    FROM cdm.drug_exposure
    UNION ALL
    SELECT person_id, condition_start_date, 'condition_occurrence', condition_occurrence_id
    FROM cdm.condition_occurrence
    UNION ALL
    SELECT person_id, procedure_date, 'procedure_occurrence', procedure_occurrence_id
    FROM cdm.procedure_occurrence
    UNION ALL
    SELECT person_id, observation_date, 'observation', observation_id
    FROM cdm.observation
),

latest AS (
    SELECT
        contact.person_id,
        max({'contact_date': contact.contact_date, 'cdm_table': contact.cdm_table, 'cdm_row_id': contact.cdm_row_id})
            AS last
    FROM contact
    SEMI JOIN cohort_member AS member ON contact.person_id = member.person_id
    WHERE contact.contact_date <= $data_cut
    GROUP BY contact.person_id
)

SELECT person_id, last.contact_date AS contact_date, last.cdm_table AS cdm_table, last.cdm_row_id AS cdm_row_id
FROM latest
