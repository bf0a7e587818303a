-- Any exposure to the component.
SELECT candidate.candidate_id
FROM candidate
SEMI JOIN exposure_era AS era
    ON candidate.person_id = era.person_id AND era.component = $argument
