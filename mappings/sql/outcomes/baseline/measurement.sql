-- The latest value of the set within so many days before, up to, index, in the unit that is asked for; of one time the
-- highest.
SELECT
    patient.person_id,
    finding.value_as_number AS number
FROM cohort_member AS patient
INNER JOIN finding ON patient.person_id = finding.person_id
INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
WHERE
    concept.concept_set = $argument
    AND isfinite(finding.value_as_number)
    AND coalesce(finding.unit_concept_id, 0) = coalesce(cast($wanted_unit AS INTEGER), finding.unit_concept_id, 0)
    AND patient.index_date - finding.finding_date BETWEEN 0 AND $within_days
QUALIFY row_number() OVER (
    PARTITION BY patient.person_id
    ORDER BY finding.finding_date DESC, finding.finding_datetime DESC NULLS LAST, finding.value_as_number DESC
) = 1
