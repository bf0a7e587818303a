-- Best overall response, unconfirmed, by person and source (RECIST 1.1, 4.4): from index to first progression and
-- before new therapy. Stable disease counts from $stable_disease_days after index; earlier, it is not evaluable.
WITH counted AS (
    SELECT
        assessment.person_id,
        assessment.source,
        assessment.chosen,
        assessment.assessment_date,
        CASE
            WHEN
                assessment.response = 'SD'
                AND assessment.assessment_date - assessment.index_date < $stable_disease_days
                THEN 'NE'
            ELSE assessment.response
        END AS response
    FROM assessment
    INNER JOIN assessed_until AS until_
        ON assessment.person_id = until_.person_id AND assessment.source = until_.source
    WHERE
        assessment.assessment_date <= coalesce(until_.progression_date, assessment.assessment_date)
        AND coalesce(assessment.assessment_date < until_.new_therapy_date, TRUE)
)

SELECT
    person_id,
    source,
    chosen,
    response,
    CASE WHEN response != 'NE' THEN assessment_date END AS response_date
FROM counted
QUALIFY row_number() OVER (
    PARTITION BY person_id, source
    ORDER BY list_position(['CR', 'PR', 'SD', 'PD', 'NE'], response), assessment_date
) = 1
