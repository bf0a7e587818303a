-- Patient -> person. The birth date is as precise as given; names and identifiers are not kept.
SELECT
    p.resource,
    '' AS slot,
    derivation_of(NULL, p.birth_text, NULL) AS derivation,
    coalesce(g.concept_id, 0) AS gender_concept_id,
    year(fhir_date(p.birth_text)) AS year_of_birth,
    CASE WHEN length(p.birth_text) >= 7 THEN month(fhir_date(p.birth_text)) END AS month_of_birth,
    CASE WHEN length(p.birth_text) >= 10 THEN day(fhir_date(p.birth_text)) END AS day_of_birth,
    CASE WHEN length(p.birth_text) >= 10 THEN fhir_datetime(p.birth_text) END AS birth_datetime,
    coalesce(r.concept_id, 0) AS race_concept_id,
    coalesce(e.concept_id, 0) AS ethnicity_concept_id,
    CASE WHEN has_region(p.address) THEN row_key(p.resource, 'address') END AS location_id,
    p.provider_id,
    p.care_site_id,
    cast(NULL AS varchar) AS person_source_value,
    g.source_value AS gender_source_value,
    coalesce(g.source_concept_id, 0) AS gender_source_concept_id,
    r.source_value AS race_source_value,
    coalesce(r.source_concept_id, 0) AS race_source_concept_id,
    e.source_value AS ethnicity_source_value,
    coalesce(e.source_concept_id, 0) AS ethnicity_source_concept_id
FROM patient_event AS p
LEFT JOIN mapping.codeable AS g ON codeable_key('value', p.gender) = g.codeable_key AND g.target_no = 1
LEFT JOIN mapping.codeable AS r ON codeable_key('value', p.race) = r.codeable_key AND r.target_no = 1
LEFT JOIN mapping.codeable AS e ON codeable_key('value', p.ethnicity) = e.codeable_key AND e.target_no = 1
