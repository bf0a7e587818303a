-- Responses that nobody has judged yet (all responses should be reviewed: Eisenhauer 2009, Eur J Cancer 45:228), at the
-- date of the best response by the patient's source. `no_clinician_assessment`: a complete or partial response, without
-- a clinician's assessment from that day until the next assessment of the source. `sources_disagree`: one source says
-- that the patient responded and another that not; who is not evaluable by one of them says nothing.
WITH best AS (
    SELECT
        person_id,
        source,
        response,
        response_date,
        response IN ('CR', 'PR') AS responded
    FROM best_by_source
    WHERE chosen AND response != 'NE'
),

judged_until AS (
    SELECT
        best.person_id,
        min(later.assessment_date) AS next_date
    FROM best
    INNER JOIN assessment AS later
        ON
            best.person_id = later.person_id
            AND best.source = later.source
            AND best.response_date < later.assessment_date
    GROUP BY best.person_id
),

judged AS (
    SELECT best.person_id
    FROM best
    INNER JOIN assessment AS seen ON best.person_id = seen.person_id AND best.response_date <= seen.assessment_date
    LEFT JOIN judged_until AS until_ ON best.person_id = until_.person_id
    WHERE seen.source = 'clinician' AND coalesce(seen.assessment_date < until_.next_date, TRUE)
)

SELECT
    best.person_id AS subject_id,
    best.response_date AS assessment_date,
    best.source,
    best.response,
    'no_clinician_assessment' AS reason,
    NULL AS other_source,
    NULL AS other_response
FROM best
ANTI JOIN judged ON best.person_id = judged.person_id
WHERE best.responded AND best.source != 'clinician'
UNION ALL
SELECT
    best.person_id AS subject_id,
    best.response_date AS assessment_date,
    best.source,
    best.response,
    'sources_disagree' AS reason,
    other.source AS other_source,
    other.response AS other_response
FROM best
INNER JOIN best_by_source AS other ON best.person_id = other.person_id AND best.source != other.source
WHERE other.response != 'NE' AND best.responded != (other.response IN ('CR', 'PR'))
ORDER BY ALL
