-- How many groups of the set have a fact by index, and within so many days before it where that is asked. Who has none
-- has no value: that nothing was found is not recorded.
SELECT
    patient.person_id,
    count(DISTINCT concept.group_label)::DOUBLE AS number
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date >= fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE
    concept.concept_set = $argument
    AND coalesce(patient.index_date - fact.fact_date <= cast($within_days AS INTEGER), TRUE)
GROUP BY patient.person_id
