-- A concept of the set holds on or before the index date.
WITH known AS (
    SELECT
        fact.person_id,
        min(fact.fact_date) AS first_date
    FROM fact
    INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
    WHERE concept.concept_set = $argument
    GROUP BY fact.person_id
)

SELECT candidate.candidate_id
FROM candidate
INNER JOIN known ON candidate.person_id = known.person_id AND candidate.index_date >= known.first_date
