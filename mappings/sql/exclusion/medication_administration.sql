-- MedicationAdministrationStatus is a required value set. A stopped administration was begun.
WITH judged AS (
    SELECT
        a.resource,
        coalesce(
            CASE WHEN a.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(
                a.implicitRules,
                list_concat(
                    a.modifierExtension, list_concat(a.dosage.modifierExtension, modifiers_within(a.performer))
                ),
                a.meta
            ),
            CASE a.status
                WHEN 'not-done' THEN 'not-done'
                WHEN 'on-hold' THEN 'not-completed'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'in-progress' THEN NULL
                WHEN 'completed' THEN NULL
                WHEN 'stopped' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(a.source, a.subject),
            wrong_dates(coalesce(a.effectiveDateTime, a.effectivePeriod.start), a.effectivePeriod."end")
        ) AS reason
    FROM touched.medication_administration AS a
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
