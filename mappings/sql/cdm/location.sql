-- Patient.address -> location: state and country only. CDM has two characters for a state; a longer name is kept whole
-- in location_source_value. What is no known region leaves a keyed hash: it may be a whole address.
SELECT
    p.resource,
    'address' AS slot,
    cast(NULL AS varchar) AS derivation,
    cast(NULL AS varchar) AS address_1,
    cast(NULL AS varchar) AS address_2,
    cast(NULL AS varchar) AS city,
    CASE WHEN length(p.address.state) <= 2 AND region_text(p.address.state) = p.address.state THEN p.address.state END
        AS state,
    cast(NULL AS varchar) AS zip,
    cast(NULL AS varchar) AS county,
    left(concat_ws(', ', region_text(p.address.state), region_text(p.address.country)), 50) AS location_source_value,
    CASE WHEN p.address.country IS NOT NULL THEN 0 END AS country_concept_id,
    left(region_text(p.address.country), 80) AS country_source_value,
    cast(NULL AS double) AS latitude,
    cast(NULL AS double) AS longitude
FROM patient_event AS p
WHERE has_region(p.address)
