-- The components that belong to a patient's arm. Another one, begun later, is a new agent.
SELECT
    patient.person_id,
    component.component
FROM cohort_member AS patient
INNER JOIN candidate ON patient.candidate_id = candidate.candidate_id
INNER JOIN component ON candidate.arm IN ($combination, component.component)
