-- PractitionerRole has no status: active = false says nothing against what was done before.
WITH judged AS (
    SELECT
        r.resource,
        coalesce(
            unsafe(r.implicitRules, r.modifierExtension, r.meta),
            CASE WHEN codeable_has_nul(r.specialty[1]) THEN 'nul-character' END
        ) AS reason
    FROM touched.practitioner_role AS r
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
