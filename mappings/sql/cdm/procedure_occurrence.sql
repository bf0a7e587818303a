-- Whatever was coded in the domain Procedure, and procedures that are not coded elsewhere.
SELECT
    e.resource,
    e.slot,
    e.derivation_with_end AS derivation,
    e.person_id,
    e.concept_id AS procedure_concept_id,
    cast(e.start_datetime AS date) AS procedure_date,
    e.start_datetime AS procedure_datetime,
    cast(e.end_datetime AS date) AS procedure_end_date,
    e.end_datetime AS procedure_end_datetime,
    e.type_concept_id AS procedure_type_concept_id,
    cast(NULL AS integer) AS modifier_concept_id,
    cast(NULL AS integer) AS quantity,
    e.provider_id,
    e.visit_occurrence_id,
    cast(NULL AS varchar) AS visit_detail_id,
    e.source_value AS procedure_source_value,
    e.source_concept_id AS procedure_source_concept_id,
    cast(NULL AS varchar) AS modifier_source_value
FROM clinical_event AS e
WHERE e.cdm_table = 'procedure_occurrence'
