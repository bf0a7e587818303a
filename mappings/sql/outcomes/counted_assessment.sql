-- The assessments from which a best response comes: from index to first progression and before other therapy, in order,
-- with running counts of what may stand between a response and its confirmation.
WITH within_time AS (
    SELECT
        assessment.person_id,
        assessment.source,
        assessment.chosen,
        assessment.assessment_date,
        assessment.response,
        assessment.assessment_date - assessment.index_date AS day_no
    FROM assessment
    INNER JOIN assessed_until AS until_
        ON assessment.person_id = until_.person_id AND assessment.source = until_.source
    WHERE
        assessment.assessment_date <= coalesce(until_.progression_date, assessment.assessment_date)
        AND coalesce(assessment.assessment_date < until_.therapy_date, TRUE)
),

followed AS (
    SELECT
        *,
        -- Disease after complete response: then it has reappeared, or the response was none (footnote to table 3).
        response IN ('PR', 'SD', 'NON-CR/NON-PD') AND coalesce(
            lag(CASE WHEN response != 'NE' THEN response END IGNORE NULLS) OVER in_order = 'CR', FALSE
        ) AS follows_complete
    FROM within_time
    WINDOW in_order AS (PARTITION BY person_id, source ORDER BY assessment_date)
)

SELECT
    *,
    count_if(response = 'NE') OVER so_far AS not_evaluable,
    count_if(response NOT IN ('CR', 'PR', 'NE')) OVER so_far AS no_response,
    count_if(response NOT IN ('CR', 'NE')) OVER so_far AS not_complete,
    count_if(follows_complete) OVER so_far AS fallen_back
FROM followed
WINDOW so_far AS (
    PARTITION BY person_id, source
    ORDER BY assessment_date
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
