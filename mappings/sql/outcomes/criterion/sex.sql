-- The person's gender is of the set.
SELECT candidate.candidate_id
FROM candidate
INNER JOIN cdm.person AS person ON candidate.person_id = person.person_id
INNER JOIN concept_member AS concept ON person.gender_concept_id = concept.concept_id
WHERE concept.concept_set = $argument
