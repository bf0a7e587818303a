-- Whatever was coded in the domain Measurement, stages of conditions, and observations that are laboratory values, vital
-- signs, imaging or numbers without being coded elsewhere.
SELECT
    e.resource,
    e.slot,
    e.derivation,
    e.person_id,
    e.concept_id AS measurement_concept_id,
    cast(e.start_datetime AS date) AS measurement_date,
    e.start_datetime AS measurement_datetime,
    cast(NULL AS varchar) AS measurement_time,
    e.type_concept_id AS measurement_type_concept_id,
    e.operator_concept_id,
    e.value_as_number,
    e.value_as_concept_id,
    e.unit_concept_id,
    e.range_low,
    e.range_high,
    cast(NULL AS varchar) AS provider_id,
    e.visit_occurrence_id,
    cast(NULL AS varchar) AS visit_detail_id,
    e.source_value AS measurement_source_value,
    e.source_concept_id AS measurement_source_concept_id,
    e.unit_source_value,
    e.unit_source_concept_id,
    e.value_source_value,
    e.about_table || ':' || e.about_row AS measurement_event_id,
    field_of(e.about_table) AS meas_event_field_concept_id
FROM clinical_event AS e
WHERE e.cdm_table = 'measurement'
