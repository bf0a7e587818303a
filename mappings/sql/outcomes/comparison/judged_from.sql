-- The members of the arms, dated by the day whose baseline their response is judged against: the first drug's; where
-- the patient's first source has none by then, that of the day from which they took all drugs of their arm.
WITH first_source AS (
    SELECT
        assessment.person_id,
        arg_min(assessment.source, response_source.source_rank) AS source
    FROM assessment
    INNER JOIN response_source ON assessment.source = response_source.source
    GROUP BY assessment.person_id
),

without_baseline AS (
    SELECT derived.person_id
    FROM derived_response AS derived
    SEMI JOIN first_source ON derived.person_id = first_source.person_id AND derived.source = first_source.source
    GROUP BY derived.person_id
    HAVING NOT bool_or(derived.has_baseline)
)

SELECT
    patient.person_id,
    patient.first_start,
    patient.index_row_id,
    patient.index_table,
    patient.candidate_id,
    patient.prior_lines,
    CASE WHEN lacking.person_id IS NULL THEN patient.index_date ELSE candidate.complete_date END AS index_date
FROM cohort_member AS patient
INNER JOIN candidate ON patient.candidate_id = candidate.candidate_id
LEFT JOIN without_baseline AS lacking ON patient.person_id = lacking.person_id
