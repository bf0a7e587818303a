-- Best overall response by person, source and minimum duration of stable disease in days, with and without confirmation
-- (Eisenhauer 2009, Eur J Cancer 45:228, 4.4 and table 3). Unconfirmed: stable disease seen before the minimum is not
-- evaluable. Confirmed: a response that nothing confirms is stable disease from the minimum on, before it not
-- evaluable; where disease came back before it, progression.
WITH classed AS (
    SELECT
        counted.person_id,
        counted.source,
        counted.chosen,
        counted.assessment_date,
        minimum.minimum_days,
        CASE
            WHEN counted.response IN ('SD', 'NON-CR/NON-PD') AND counted.day_no < minimum.minimum_days THEN 'NE'
            ELSE counted.response
        END AS response,
        CASE
            WHEN confirmed.person_id IS NOT NULL THEN counted.response
            WHEN counted.response IN ('CR', 'PR', 'SD') AND counted.day_no >= minimum.minimum_days THEN 'SD'
            WHEN counted.response = 'NON-CR/NON-PD' AND counted.day_no >= minimum.minimum_days THEN 'NON-CR/NON-PD'
            WHEN counted.response = 'PD' OR counted.follows_complete THEN 'PD'
            ELSE 'NE'
        END AS confirmed
    FROM counted_assessment AS counted
    CROSS JOIN stable_minimum AS minimum
    LEFT JOIN confirmed_response AS confirmed
        ON
            counted.person_id = confirmed.person_id
            AND counted.source = confirmed.source
            AND counted.assessment_date = confirmed.assessment_date
),

ranked AS (
    SELECT
        *,
        list_position(['CR', 'PR', 'SD', 'NON-CR/NON-PD', 'PD', 'NE'], response) AS response_rank,
        list_position(['CR', 'PR', 'SD', 'NON-CR/NON-PD', 'PD', 'NE'], confirmed) AS confirmed_rank
    FROM classed
)

SELECT
    person_id,
    source,
    chosen,
    minimum_days,
    first(response ORDER BY response_rank, assessment_date) AS response,
    first(CASE WHEN response != 'NE' THEN assessment_date END ORDER BY response_rank, assessment_date) AS response_date,
    first(confirmed ORDER BY confirmed_rank, assessment_date) AS confirmed,
    first(CASE WHEN confirmed != 'NE' THEN assessment_date END ORDER BY confirmed_rank, assessment_date)
        AS confirmed_date
FROM ranked
GROUP BY person_id, source, chosen, minimum_days
