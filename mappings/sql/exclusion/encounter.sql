-- EncounterStatus is a required value set. Planned and cancelled visits did not take place.
WITH judged AS (
    SELECT
        e.resource,
        coalesce(
            CASE WHEN e.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(
                e.implicitRules,
                list_concat(
                    list_concat(e.modifierExtension, e.hospitalization.modifierExtension),
                    list_concat(modifiers_within(e.participant), modifiers_within(e.location))
                ),
                e.meta
            ),
            CASE e.status
                WHEN 'planned' THEN 'not-begun'
                WHEN 'cancelled' THEN 'not-done'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'finished' THEN NULL
                WHEN 'in-progress' THEN NULL
                WHEN 'arrived' THEN NULL
                WHEN 'triaged' THEN NULL
                WHEN 'onleave' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(e.source, e.subject),
            wrong_dates(e.period.start, e.period."end")
        ) AS reason
    FROM touched.encounter AS e
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
