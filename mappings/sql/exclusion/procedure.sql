-- EventStatus is a required value set. A stopped procedure was begun, and has its real end.
WITH judged AS (
    SELECT
        p.resource,
        coalesce(
            CASE WHEN p.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(p.implicitRules, list_concat(p.modifierExtension, modifiers_within(p.performer)), p.meta),
            CASE p.status
                WHEN 'preparation' THEN 'not-begun'
                WHEN 'in-progress' THEN 'not-completed'
                WHEN 'on-hold' THEN 'not-completed'
                WHEN 'not-done' THEN 'not-done'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'completed' THEN NULL
                WHEN 'stopped' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(p.source, p.subject),
            wrong_dates(coalesce(p.performedDateTime, p.performedPeriod.start), p.performedPeriod."end")
        ) AS reason
    FROM touched.procedure AS p
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
