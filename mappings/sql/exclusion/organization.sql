-- Who pays, teaches, governs or sponsors is no place of care (organization-type).
WITH judged AS (
    SELECT
        o.resource,
        coalesce(
            unsafe(o.implicitRules, o.modifierExtension, o.meta),
            CASE
                WHEN
                    len(codes_of(o.type)) > 0
                    AND list_has_all(['govt', 'ins', 'pay', 'edu', 'reli', 'crs', 'cg', 'bus'], codes_of(o.type))
                    THEN 'not-a-care-site'
            END
        ) AS reason
    FROM touched.organization AS o
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
