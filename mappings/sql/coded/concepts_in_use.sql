-- Every CodeableConcept of the touched resources with the used_as it plays there, once.
SELECT DISTINCT
    u.used_as,
    u.concept,
    codeable_key(u.used_as, u.concept) AS codeable_key
FROM (
    SELECT
        'event' AS used_as,
        e.code AS concept
    FROM condition_event AS e
    UNION ALL
    SELECT
        'event' AS used_as,
        e.code AS concept
    FROM procedure_event AS e
    UNION ALL
    SELECT
        'event' AS used_as,
        e.code AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'value' AS used_as,
        e.value_code AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'unit' AS used_as,
        e.unit AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'event' AS used_as,
        e.code AS concept
    FROM adverse_event_event AS e
    UNION ALL
    SELECT
        coalesce(e.value_used_as, 'value') AS used_as,
        e.value_code AS concept
    FROM adverse_event_event AS e
    UNION ALL
    SELECT
        'drug' AS used_as,
        e.drug AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS used_as,
        e.route AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'unit' AS used_as,
        e.dose_unit AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS used_as,
        e.stop_reason AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS used_as,
        unnest([e.visit_class, e.admitted_from, e.discharged_to]) AS concept
    FROM visit_event AS e
    UNION ALL
    SELECT
        'value' AS used_as,
        unnest([e.gender, e.race, e.ethnicity]) AS concept
    FROM patient_event AS e
    UNION ALL
    SELECT
        'place' AS used_as,
        e.kind AS concept
    FROM place_event AS e
    UNION ALL
    SELECT
        'specialty' AS used_as,
        e.specialty AS concept
    FROM provider_event AS e
) AS u
WHERE u.concept IS NOT NULL
