-- Patient.link: a pair for each record that another replaces. What a modifier or an implicit rule may have reversed is
-- not followed. replaced-by (said by the record itself) is preferred to replaces (said by the other).
SELECT
    l.resource AS alias_key,
    patient_key(l.source, l.link.other) AS stands_for,
    0 AS preference
FROM (
    SELECT
        p.resource,
        p.source,
        unnest(p.link) AS link
    FROM staged.patient AS p
    WHERE len(p.link) > 0 AND unsafe_patient(p.implicitRules, p.modifierExtension, p.link, p.meta) IS NULL
) AS l
WHERE l.link.type = 'replaced-by'
UNION ALL
SELECT
    patient_key(l.source, l.link.other) AS alias_key,
    l.resource,
    1 AS preference
FROM (
    SELECT
        p.resource,
        p.source,
        unnest(p.link) AS link
    FROM staged.patient AS p
    WHERE len(p.link) > 0 AND unsafe_patient(p.implicitRules, p.modifierExtension, p.link, p.meta) IS NULL
) AS l
WHERE l.link.type = 'replaces'
