-- MedicationDispenseStatus is a required value set.
WITH judged AS (
    SELECT
        d.resource,
        coalesce(
            CASE WHEN d.status = 'entered-in-error' THEN 'entered-in-error' END,
            unsafe(
                d.implicitRules,
                list_concat(
                    d.modifierExtension,
                    list_concat(modifiers_of_dosages(d.dosageInstruction), modifiers_within(d.performer))
                ),
                d.meta
            ),
            CASE d.status
                WHEN 'preparation' THEN 'not-begun'
                WHEN 'cancelled' THEN 'not-done'
                WHEN 'declined' THEN 'not-done'
                WHEN 'on-hold' THEN 'not-completed'
                WHEN 'unknown' THEN 'status-unknown'
                WHEN 'in-progress' THEN NULL
                WHEN 'completed' THEN NULL
                WHEN 'stopped' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(d.source, d.subject),
            wrong_dates(coalesce(d.whenHandedOver, d.whenPrepared), NULL)
        ) AS reason
    FROM touched.medication_dispense AS d
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
