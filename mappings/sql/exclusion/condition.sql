-- condition-ver-status and condition-clinical are required value sets. A refuted condition is not one.
WITH judged AS (
    SELECT
        c.resource,
        coalesce(
            CASE WHEN list_contains(codes_of([c.verificationStatus]), 'entered-in-error') THEN 'entered-in-error' END,
            unsafe(c.implicitRules, list_concat(c.modifierExtension, modifiers_within(c.stage)), c.meta),
            CASE status_code(c.verificationStatus, 'condition-ver-status')
                WHEN 'refuted' THEN 'refuted'
                WHEN 'confirmed' THEN NULL
                WHEN 'unconfirmed' THEN NULL
                WHEN 'provisional' THEN NULL
                WHEN 'differential' THEN NULL
                ELSE CASE WHEN c.verificationStatus IS NOT NULL THEN 'invalid-status' END
            END,
            CASE
                WHEN
                    c.clinicalStatus IS NOT NULL
                    AND coalesce(status_code(c.clinicalStatus, 'condition-clinical'), '') NOT IN (
                        'active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved'
                    )
                    THEN 'invalid-status'
            END,
            wrong_subject(c.source, c.subject),
            wrong_dates(
                coalesce(c.onsetDateTime, c.onsetPeriod.start, c.recordedDate, asserted_date(c.extension)), NULL
            ),
            wrong_dates(
                coalesce(c.onsetDateTime, c.onsetPeriod.start, '0001'),
                coalesce(c.abatementDateTime, c.abatementPeriod."end")
            ),
            CASE WHEN is_wrong_date(c.recordedDate) THEN 'impossible-date' END
        ) AS reason
    FROM touched.condition AS c
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
