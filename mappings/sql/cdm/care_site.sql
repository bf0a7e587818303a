-- Organization and Location -> care_site: what kind of place it is, and no name.
SELECT
    p.resource,
    '' AS slot,
    cast(NULL AS varchar) AS derivation,
    cast(NULL AS varchar) AS care_site_name,
    coalesce(t.concept_id, 0) AS place_of_service_concept_id,
    cast(NULL AS varchar) AS location_id,
    cast(NULL AS varchar) AS care_site_source_value,
    t.source_value AS place_of_service_source_value
FROM place_event AS p
LEFT JOIN mapping.codeable AS t ON codeable_key('place', p.kind) = t.codeable_key AND t.target_no = 1
