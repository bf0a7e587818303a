-- PractitionerRole has no status: active = false says nothing against what was done before.
WITH judged AS (
    SELECT
        r.resource,
        unsafe(r.implicitRules, r.modifierExtension, r.meta) AS reason
    FROM touched.practitioner_role AS r
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
