-- medication-statement-status is a required value set. A stopped drug was really taken: a departure from the HL7 guide,
-- which maps completed statements only.
WITH judged AS (
    SELECT
        s.resource,
        coalesce(
            CASE WHEN s.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(s.implicitRules, list_concat(s.modifierExtension, modifiers_of_dosages(s.dosage)), s.meta),
            CASE s.status
                WHEN 'intended' THEN 'not-begun'
                WHEN 'not-taken' THEN 'not-done'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'active' THEN NULL
                WHEN 'completed' THEN NULL
                WHEN 'stopped' THEN NULL
                WHEN 'on-hold' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(s.source, s.subject),
            wrong_dates(coalesce(s.effectiveDateTime, s.effectivePeriod.start), s.effectivePeriod."end")
        ) AS reason
    FROM touched.medication_statement AS s
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
