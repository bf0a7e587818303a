-- A concept of the set holds on or before the index date.
SELECT candidate.candidate_id
FROM candidate
SEMI JOIN (
    SELECT fact.person_id, fact.fact_date
    FROM fact
    INNER JOIN concept_member AS member ON fact.concept_id = member.concept_id
    WHERE member.concept_set = $argument
) AS known
    ON candidate.person_id = known.person_id AND known.fact_date <= candidate.index_date
