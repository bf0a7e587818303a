-- Days from the first fact of one set to the first of another, both by index; what was there before the first is 0 days
-- after it.
SELECT
    patient.person_id,
    greatest(
        min(fact.fact_date) FILTER (WHERE concept.concept_set = $second)
        - min(fact.fact_date) FILTER (WHERE concept.concept_set = $argument),
        0
    )::DOUBLE AS number
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date >= fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE concept.concept_set IN ($argument, $second)
GROUP BY patient.person_id
HAVING count(DISTINCT concept.concept_set) = 2
