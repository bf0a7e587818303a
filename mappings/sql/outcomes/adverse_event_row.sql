-- Adverse events of the cohort up to the cut, whichever table their term stands in: rows to which an attribute
-- observation points, with the term, its class and what is said of it. `is_extended`: serious, or of an extended term.
WITH coded AS (
    SELECT
        person_id,
        condition_concept_id AS concept_id,
        condition_source_value AS source_value,
        condition_start_date AS onset_date,
        condition_end_date AS end_date,
        'condition_occurrence' AS cdm_table,
        condition_occurrence_id AS cdm_row_id
    FROM cdm.condition_occurrence
    UNION ALL BY NAME
    SELECT
        person_id,
        measurement_concept_id AS concept_id,
        measurement_source_value AS source_value,
        measurement_date AS onset_date,
        'measurement' AS cdm_table,
        measurement_id AS cdm_row_id
    FROM cdm.measurement
    UNION ALL BY NAME
    SELECT
        person_id,
        observation_concept_id AS concept_id,
        observation_source_value AS source_value,
        observation_date AS onset_date,
        'observation' AS cdm_table,
        observation_id AS cdm_row_id
    FROM cdm.observation
    UNION ALL BY NAME
    SELECT
        person_id,
        procedure_concept_id AS concept_id,
        procedure_source_value AS source_value,
        procedure_date AS onset_date,
        procedure_end_date AS end_date,
        'procedure_occurrence' AS cdm_table,
        procedure_occurrence_id AS cdm_row_id
    FROM cdm.procedure_occurrence
)

SELECT
    coded.person_id,
    coded.concept_id AS term_concept_id,
    coded.onset_date,
    coded.end_date,
    said.related,
    said.serious,
    said.outcome,
    coded.cdm_table,
    coded.cdm_row_id,
    CASE WHEN said.grade BETWEEN 1 AND 5 THEN said.grade END AS grade,
    coalesce(
        labelled.group_label,
        CASE WHEN coded.concept_id != 0 THEN concept.concept_name END,
        coded.source_value,
        'Term not recorded'
    ) AS term,
    term != 'Term not recorded' AS is_named,
    coalesce(classed.group_label, 'Not classified') AS ae_class,
    coalesce(said.serious, FALSE) OR longer.concept_id IS NOT NULL AS is_extended
FROM coded
SEMI JOIN cohort_member AS patient ON coded.person_id = patient.person_id
INNER JOIN event_field ON coded.cdm_table = event_field.cdm_table
INNER JOIN adverse_event_attribute AS said
    ON coded.cdm_row_id = said.event_id AND event_field.field_concept_id = said.event_field_concept_id
LEFT JOIN concept_member AS labelled ON coded.concept_id = labelled.concept_id AND labelled.concept_set = $terms
LEFT JOIN concept_member AS classed ON coded.concept_id = classed.concept_id AND classed.concept_set = $classes
LEFT JOIN concept_member AS longer
    ON coded.concept_id = longer.concept_id AND longer.concept_set = $extended_terms
LEFT JOIN cdm.concept AS concept ON coded.concept_id = concept.concept_id
WHERE coded.onset_date <= $data_cut
