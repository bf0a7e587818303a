-- Time of the endpoint $growth_endpoint over the time to progression of the line before: the last prior line that
-- counts, from its start to the first progression recorded during it, else to the start of the line that followed it
-- (both ends counted). Without such a line the previous time is NULL. The ratio of a censored time is a lower limit.
WITH followed AS (
    SELECT
        candidate_id,
        line,
        line_start,
        counts,
        lead(line_start) OVER (PARTITION BY candidate_id ORDER BY line) AS next_start
    FROM prior_line
),

previous AS (
    SELECT
        patient.person_id,
        max(followed.line_start) AS line_start,
        max_by(coalesce(followed.next_start, patient.first_start), followed.line) AS next_start
    FROM cohort_member AS patient
    INNER JOIN followed ON patient.candidate_id = followed.candidate_id
    WHERE followed.counts
    GROUP BY patient.person_id
),

progression AS (
    SELECT
        previous.person_id,
        min(finding.finding_date) AS progression_date
    FROM previous
    INNER JOIN finding
        ON
            previous.person_id = finding.person_id
            AND previous.line_start < finding.finding_date
            AND previous.next_start >= finding.finding_date
    INNER JOIN concept_member AS question ON finding.concept_id = question.concept_id
    INNER JOIN concept_member AS answer ON finding.value_as_concept_id = answer.concept_id
    WHERE
        question.concept_set = $overall_response
        AND answer.concept_set = $response_values
        AND answer.group_label = 'PD'
    GROUP BY previous.person_id
),

timed AS (
    SELECT
        endpoint.subject_id,
        endpoint.time_days,
        endpoint.event,
        (coalesce(progression.progression_date, previous.next_start) - previous.line_start + 1)::INTEGER
            AS previous_time_days,
        CASE
            WHEN progression.person_id IS NOT NULL THEN 'progression'
            WHEN previous.person_id IS NOT NULL THEN 'next_line'
        END AS previous_decided_by
    FROM endpoint
    LEFT JOIN previous ON endpoint.subject_id = previous.person_id
    LEFT JOIN progression ON endpoint.subject_id = progression.person_id
    WHERE endpoint.endpoint = $growth_endpoint
)

SELECT
    subject_id,
    time_days,
    event,
    previous_time_days,
    previous_decided_by,
    time_days / previous_time_days::DOUBLE AS ratio
FROM timed
ORDER BY subject_id
