-- Every CodeableConcept of the touched resources with the role it plays there, once.
SELECT DISTINCT
    u.role,
    u.concept,
    codeable_key(u.role, u.concept) AS codeable_key
FROM (
    SELECT
        'event' AS role,
        e.code AS concept
    FROM condition_event AS e
    UNION ALL
    SELECT
        'event' AS role,
        e.code AS concept
    FROM procedure_event AS e
    UNION ALL
    SELECT
        'event' AS role,
        e.code AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        e.value_code AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        e.unit AS concept
    FROM observation_event AS e
    UNION ALL
    SELECT
        'event' AS role,
        e.code AS concept
    FROM adverse_event_event AS e
    UNION ALL
    SELECT
        coalesce(e.value_role, 'value') AS role,
        e.value_code AS concept
    FROM adverse_event_event AS e
    UNION ALL
    SELECT
        'drug' AS role,
        e.drug AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        e.route AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        e.stop_reason AS concept
    FROM drug_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        unnest([e.class, e.admitted_from, e.discharged_to]) AS concept
    FROM visit_event AS e
    UNION ALL
    SELECT
        'value' AS role,
        unnest([e.gender, e.race, e.ethnicity]) AS concept
    FROM patient_event AS e
) AS u
WHERE u.concept IS NOT NULL
