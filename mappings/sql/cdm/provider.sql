-- Practitioner and PractitionerRole -> provider: specialty and place, and nobody's name, number, birth or gender.
SELECT
    p.resource,
    '' AS slot,
    cast(NULL AS varchar) AS derivation,
    cast(NULL AS varchar) AS provider_name,
    cast(NULL AS varchar) AS npi,
    cast(NULL AS varchar) AS dea,
    CASE WHEN p.specialty IS NOT NULL THEN coalesce(s.concept_id, 0) END AS specialty_concept_id,
    p.care_site_id,
    cast(NULL AS integer) AS year_of_birth,
    cast(NULL AS integer) AS gender_concept_id,
    cast(NULL AS varchar) AS provider_source_value,
    s.source_value AS specialty_source_value,
    s.source_concept_id AS specialty_source_concept_id,
    cast(NULL AS varchar) AS gender_source_value,
    cast(NULL AS integer) AS gender_source_concept_id
FROM provider_event AS p
LEFT JOIN mapping.codeable AS s ON codeable_key('specialty', p.specialty) = s.codeable_key AND s.target_no = 1
