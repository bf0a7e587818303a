-- AdverseEvent has no status in R4: the backport guide gives it one as a modifier extension. actuality is a required
-- value set; a potential event did not happen.
WITH judged AS (
    SELECT
        a.resource,
        coalesce(
            CASE
                WHEN list_contains(modifier_codes(a.modifierExtension), 'entered-in-error') THEN 'entered-in-error'
            END,
            unsafe(
                a.implicitRules,
                list_filter(a.modifierExtension, LAMBDA modifier: NOT is_status_modifier(modifier)),
                a.meta
            ),
            CASE
                WHEN len(list_filter(
                    modifier_codes(a.modifierExtension),
                    LAMBDA m: coalesce(m, '') NOT IN ('in-progress', 'completed', 'unknown')
                )) > 0 THEN 'invalid-status'
                WHEN a.actuality = 'potential' THEN 'potential'
                WHEN a.actuality = 'actual' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(a.source, a.subject),
            wrong_dates(
                coalesce(a.date, a.detected, a.recordedDate),
                extension_of(a.extension, resolved_date_urls()).valueDateTime
            ),
            CASE
                WHEN
                    codeable_has_nul(a.event) OR codeable_has_nul(a.seriousness) OR codeable_has_nul(a.severity)
                    OR codeable_has_nul(a.outcome)
                    OR codeable_has_nul(extension_of(a.extension, grade_urls()).valueCodeableConcept)
                    THEN 'nul-character'
            END
        ) AS reason
    FROM touched.adverse_event AS a
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
