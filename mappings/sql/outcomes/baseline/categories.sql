-- Every group of the set with a fact by index, and within so many days before it where that is asked.
SELECT DISTINCT
    patient.person_id,
    concept.group_label AS label
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date >= fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE
    concept.concept_set = $argument
    AND coalesce(patient.index_date - fact.fact_date <= cast($within_days AS INTEGER), TRUE)
