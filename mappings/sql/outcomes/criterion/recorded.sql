-- A concept of the set holds within the window, in days from the index date (before it: negative).
SELECT DISTINCT candidate.candidate_id
FROM candidate
INNER JOIN fact ON candidate.person_id = fact.person_id
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE
    concept.concept_set = $argument
    AND fact.fact_date - candidate.index_date BETWEEN $from_days AND $to_days
