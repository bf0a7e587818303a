-- No progression by the landmark, judged from the first drug or against the later baseline.
SELECT candidate.candidate_id
FROM candidate
ANTI JOIN progression
    ON candidate.person_id = progression.person_id AND candidate.landmark_date >= progression.progression_date
