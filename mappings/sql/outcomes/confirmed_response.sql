-- Responses that a later assessment, at least $confirmation_days after, confirms (Eisenhauer 2009, Eur J Cancer
-- 45:228, 4.6 and table 3): complete by complete, partial by partial or complete; between the two nothing but responses
-- and at most $confirmation_gaps that are not evaluable, and no falling back from complete to partial.
SELECT DISTINCT
    earlier.person_id,
    earlier.source,
    earlier.assessment_date
FROM counted_assessment AS earlier
INNER JOIN counted_assessment AS later
    ON
        earlier.person_id = later.person_id
        AND earlier.source = later.source
        AND later.assessment_date - earlier.assessment_date >= $confirmation_days
WHERE
    earlier.response IN ('CR', 'PR')
    AND later.response IN ('CR', 'PR')
    AND later.not_evaluable - earlier.not_evaluable <= $confirmation_gaps
    AND CASE
        WHEN earlier.response = 'CR' THEN later.not_complete = earlier.not_complete
        ELSE later.no_response = earlier.no_response AND later.fallen_back = earlier.fallen_back
    END
