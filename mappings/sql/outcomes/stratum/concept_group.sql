-- The group of the latest fact of the set by index; the group that says no more than "not specified" comes last.
-- On one day the label decides: keys differ between loads of the same data.
SELECT
    patient.person_id,
    concept.group_label AS label
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date >= fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE concept.concept_set = $argument
QUALIFY row_number() OVER (
    PARTITION BY patient.person_id
    ORDER BY concept.group_label = $missing, fact.fact_date DESC, concept.group_label ASC
) = 1
