-- medicationrequest-status and -intent are required value sets. Only orders say that a drug was prescribed, and an
-- order not to give it says the contrary.
WITH judged AS (
    SELECT
        r.resource,
        coalesce(
            CASE WHEN r.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(
                r.implicitRules,
                list_concat(
                    r.modifierExtension,
                    list_concat(modifiers_of_dosages(r.dosageInstruction), r.dispenseRequest.modifierExtension)
                ),
                r.meta
            ),
            CASE r.status
                WHEN 'draft' THEN 'not-begun'
                WHEN 'cancelled' THEN 'not-done'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'active' THEN NULL
                WHEN 'on-hold' THEN NULL
                WHEN 'completed' THEN NULL
                WHEN 'stopped' THEN NULL
                ELSE 'invalid-status'
            END,
            CASE WHEN cast(r.doNotPerform AS varchar) = 'true' THEN 'do-not-perform' END,
            CASE
                WHEN r.intent IN ('order', 'instance-order') THEN NULL
                WHEN r.intent IN ('proposal', 'plan', 'original-order', 'reflex-order', 'filler-order', 'option')
                    THEN 'not-an-order'
                ELSE 'invalid-intent'
            END,
            wrong_subject(r.source, r.subject),
            wrong_dates(
                coalesce(r.authoredOn, r.dispenseRequest.validityPeriod.start),
                r.dosageInstruction[1].timing.repeat.boundsPeriod."end"
            )
        ) AS reason
    FROM touched.medication_request AS r
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
