-- No progression by the landmark, by the patient's source of response.
SELECT candidate.candidate_id
FROM candidate
ANTI JOIN assessment
    ON
        candidate.person_id = assessment.person_id
        AND assessment.chosen
        AND assessment.response = 'PD'
        AND candidate.landmark_date >= assessment.assessment_date
