-- Whatever was coded in the domain Condition, and conditions and adverse events that are not coded elsewhere.
SELECT
    e.resource,
    e.slot,
    e.derivation_with_end AS derivation,
    e.person_id,
    e.concept_id AS condition_concept_id,
    cast(e.start_datetime AS date) AS condition_start_date,
    e.start_datetime AS condition_start_datetime,
    cast(e.end_datetime AS date) AS condition_end_date,
    e.end_datetime AS condition_end_datetime,
    e.type_concept_id AS condition_type_concept_id,
    e.status_concept_id AS condition_status_concept_id,
    cast(NULL AS varchar) AS stop_reason,
    e.provider_id,
    e.visit_occurrence_id,
    cast(NULL AS varchar) AS visit_detail_id,
    e.source_value AS condition_source_value,
    e.source_concept_id AS condition_source_concept_id,
    e.status_source_value AS condition_status_source_value
FROM clinical_event AS e
WHERE e.cdm_table = 'condition_occurrence'
