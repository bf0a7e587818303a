-- LocationStatus and LocationMode are required value sets; a mode "kind" describes no place. A closed place stays:
-- visits were there.
WITH judged AS (
    SELECT
        l.resource,
        coalesce(
            unsafe(l.implicitRules, l.modifierExtension, l.meta),
            CASE
                WHEN l.status NOT IN ('active', 'suspended', 'inactive') THEN 'invalid-status'
                WHEN l.mode = 'kind' THEN 'not-a-care-site'
                WHEN l.mode <> 'instance' THEN 'invalid-mode'
            END
        ) AS reason
    FROM touched.location AS l
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
