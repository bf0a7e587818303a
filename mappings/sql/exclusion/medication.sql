-- Looked up by the drug records; gives no row of its own.
WITH judged AS (
    SELECT
        m.resource,
        coalesce(
            CASE WHEN m.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(m.implicitRules, list_concat(m.modifierExtension, modifiers_within(m.ingredient)), m.meta),
            CASE WHEN m.status NOT IN ('active', 'inactive') THEN 'invalid-status' END
        ) AS reason
    FROM touched.medication AS m
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
