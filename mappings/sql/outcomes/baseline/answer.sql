-- The latest answer to a question by index, of measurements and observations, and within so many days before it where
-- that is asked; of one time the answer that is declared last.
SELECT
    patient.person_id,
    answer.group_label AS label
FROM cohort_member AS patient
INNER JOIN finding ON patient.person_id = finding.person_id AND patient.index_date >= finding.finding_date
INNER JOIN concept_member AS question ON finding.concept_id = question.concept_id
INNER JOIN concept_member AS answer ON finding.value_as_concept_id = answer.concept_id
INNER JOIN baseline_level AS declared ON declared.variable = $variable AND answer.group_label = declared.level
WHERE
    question.concept_set = $argument
    AND answer.concept_set = $second
    AND coalesce(patient.index_date - finding.finding_date <= cast($within_days AS INTEGER), TRUE)
QUALIFY row_number() OVER (
    PARTITION BY patient.person_id
    ORDER BY finding.finding_date DESC, finding.finding_datetime DESC NULLS LAST, declared.level_position DESC
) = 1
