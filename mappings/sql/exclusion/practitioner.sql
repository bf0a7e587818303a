-- Practitioner has no status: active = false says nothing against what was done before.
WITH judged AS (
    SELECT
        p.resource,
        unsafe(p.implicitRules, p.modifierExtension, p.meta) AS reason
    FROM touched.practitioner AS p
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
