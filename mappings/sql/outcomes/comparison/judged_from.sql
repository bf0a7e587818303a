-- The members of the arms, dated by the day whose baseline their response is judged against: of the first drug's and of
-- that from which all drugs of the arm were taken, the one by which a source of higher rank can be evaluated; else the
-- first drug's.
WITH best AS (
    SELECT
        person_id,
        arg_min(baseline, (source_rank, baseline)) AS baseline
    FROM arm_assessment
    WHERE response != 'NE'
    GROUP BY person_id
)

SELECT
    patient.person_id,
    patient.first_start,
    patient.index_row_id,
    patient.index_table,
    patient.candidate_id,
    patient.prior_lines,
    CASE WHEN best.baseline = $all_drugs THEN candidate.start_date ELSE candidate.index_date END AS index_date
FROM cohort_member AS patient
INNER JOIN candidate ON patient.candidate_id = candidate.candidate_id
LEFT JOIN best ON patient.person_id = best.person_id
