-- Procedure: a row each. Not yet coded: `code` is a CodeableConcept.
SELECT
    p.resource,
    '' AS slot,
    '' AS about_slot,
    p.code AS about_code,
    'procedure_occurrence' AS about_table,
    'procedure_occurrence' AS own_table,
    FALSE AS stays,
    p.performedPeriod."end" AS end_text,
    p.code,
    patient_key(p.source, p.subject) AS person_id,
    encounter_key(p.source, p.encounter) AS visit_occurrence_id,
    first_provider(p.source, list_transform(p.performer, LAMBDA d: d.actor)) AS provider_id,
    type_ehr() AS type_concept_id,
    coalesce(p.performedDateTime, p.performedPeriod.start) AS start_text
FROM fhir.procedure AS p
