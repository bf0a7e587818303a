-- Patient.deceasedDateTime -> death. A partial date is the first day of its period; the derivation keeps its precision,
-- which survival analysis needs. deceasedBoolean alone gives no row: a death without a date is no event.
SELECT
    p.resource,
    '' AS slot,
    derivation_of(NULL, p.death_text, NULL) AS derivation,
    p.resource AS person_id,
    fhir_date(p.death_text) AS death_date,
    fhir_datetime(p.death_text) AS death_datetime,
    type_ehr() AS death_type_concept_id,
    cast(NULL AS integer) AS cause_concept_id,
    cast(NULL AS varchar) AS cause_source_value,
    cast(NULL AS integer) AS cause_source_concept_id
FROM patient_event AS p
WHERE p.death_text IS NOT NULL
