-- The group of the latest fact of the set by index, and within so many days before it where that is asked; of one day
-- the group that is declared last.
SELECT
    patient.person_id,
    concept.group_label AS label
FROM cohort_member AS patient
INNER JOIN fact ON patient.person_id = fact.person_id AND patient.index_date >= fact.fact_date
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
INNER JOIN baseline_level AS declared ON declared.variable = $variable AND concept.group_label = declared.level
WHERE
    concept.concept_set = $argument
    AND coalesce(patient.index_date - fact.fact_date <= cast($within_days AS INTEGER), TRUE)
QUALIFY row_number() OVER (
    PARTITION BY patient.person_id ORDER BY fact.fact_date DESC, declared.level_position DESC
) = 1
