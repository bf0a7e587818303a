-- AdverseEvent has no status in R4: the backport guide gives it one as a modifier extension. actuality is a required
-- value set; a potential event did not happen, and grade 0 says the same.
WITH judged AS (
    SELECT
        a.resource,
        coalesce(
            CASE
                WHEN list_contains(modifier_codes(a.modifierExtension), 'entered-in-error') THEN 'entered-in-error'
            END,
            unsafe(
                a.implicitRules,
                list_concat(
                    list_transform(
                        list_filter(a.modifierExtension, LAMBDA modifier: NOT is_status_modifier(modifier)),
                        LAMBDA modifier: struct_pack(url := modifier.url)
                    ),
                    list_concat(
                        modifiers_within(a.suspectEntity),
                        flatten(list_transform(a.suspectEntity, LAMBDA suspect: modifiers_within(suspect.causality)))
                    )
                ),
                a.meta
            ),
            CASE
                WHEN len(list_filter(
                    modifier_codes(a.modifierExtension),
                    LAMBDA m: coalesce(m, '') NOT IN ('in-progress', 'completed', 'unknown')
                )) > 0 THEN 'invalid-status'
                WHEN a.actuality = 'potential' THEN 'potential'
                WHEN
                    a.actuality = 'actual' AND is_grade_zero(a.grade)
                    THEN 'grade-zero'
                WHEN a.actuality = 'actual' THEN NULL
                ELSE 'invalid-status'
            END,
            wrong_subject(a.source, a.subject),
            wrong_dates(a.start_text, NULL),
            -- Only the recorded date can lie after the end: what stands in for it is when it was found or written down.
            wrong_dates(coalesce(a.date, '0001'), a.end_text)
        ) AS reason
    FROM (
        SELECT
            *,
            coalesce(date, detected, recordedDate) AS start_text,
            extension_of(extension, resolved_date_urls()).valueDateTime AS end_text,
            recorded_grade(extension, severity.extension) AS grade
        FROM touched.adverse_event
    ) AS a
)

SELECT
    j.resource,
    j.reason
FROM judged AS j
WHERE j.reason IS NOT NULL
