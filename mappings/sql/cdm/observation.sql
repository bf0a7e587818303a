-- Whatever was coded in the domain Observation, tentative diagnoses, what is said about an adverse event, and
-- observations that are neither measured nor coded elsewhere.
SELECT
    e.resource,
    e.slot,
    e.derivation,
    e.person_id,
    e.concept_id AS observation_concept_id,
    cast(e.start_datetime AS date) AS observation_date,
    e.start_datetime AS observation_datetime,
    e.type_concept_id AS observation_type_concept_id,
    -- The grade concepts are qualifiers; their number is what is counted and compared (CTCAE 5.0: 1 to 5).
    coalesce(e.value_as_number, grade_of(e.value_as_concept_id)) AS value_as_number,
    e.value_as_string,
    e.value_as_concept_id,
    e.qualifier_concept_id,
    e.unit_concept_id,
    e.provider_id,
    e.visit_occurrence_id,
    cast(NULL AS varchar) AS visit_detail_id,
    e.source_value AS observation_source_value,
    e.source_concept_id AS observation_source_concept_id,
    e.unit_source_value,
    e.qualifier_source_value,
    e.value_source_value,
    e.about_table || ':' || e.about_row AS observation_event_id,
    field_of(e.about_table) AS obs_event_field_concept_id
FROM clinical_event AS e
WHERE e.cdm_table = 'observation'
