-- No progression by the landmark, as known then: by the source of highest rank that could be evaluated until then,
-- judged against the first drug's baseline if that serves.
WITH known AS (
    SELECT
        candidate.candidate_id,
        found.response,
        rank() OVER (PARTITION BY candidate.candidate_id ORDER BY found.source_rank, found.baseline) AS preference
    FROM candidate
    INNER JOIN arm_assessment AS found
        ON candidate.person_id = found.person_id AND candidate.landmark_date >= found.assessment_date
    WHERE found.response != 'NE'
)

SELECT candidate.candidate_id
FROM candidate
ANTI JOIN known
    ON candidate.candidate_id = known.candidate_id AND known.preference = 1 AND known.response = 'PD'
