-- Recorded sums of diameters of target lesions in mm, exact decimals: one per day, the last; of one time the one that
-- makes response harder, which is the smallest at baseline and the largest after it. A number that is not finite, or
-- too large for a sum, and a bound ('>70') are sums that are not known (NULL).
SELECT
    patient.person_id,
    patient.index_date,
    finding.finding_date AS assessment_date,
    finding.cdm_table,
    finding.cdm_row_id,
    -- A bound above 0: there is disease, however much.
    coalesce(finding.lower_bound > 0, FALSE) AS is_above_zero,
    -- Wide enough for every product with it: an overflow would end the run.
    try_cast(
        try_cast(finding.value_as_number AS DECIMAL(28, 4)) * unit.millimetres AS DECIMAL(28, 3)
    ) AS sum_mm
FROM cohort_member AS patient
INNER JOIN finding ON patient.person_id = finding.person_id
INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
INNER JOIN length_unit AS unit ON finding.unit_concept_id = unit.unit_concept_id
WHERE
    concept.concept_set = $target_sum
    AND coalesce(finding.value_as_number, finding.lower_bound, finding.upper_bound) >= 0
QUALIFY row_number() OVER (
    PARTITION BY patient.person_id, finding.finding_date
    ORDER BY
        finding.finding_datetime DESC NULLS LAST,
        CASE WHEN finding.finding_date <= patient.index_date THEN -sum_mm ELSE sum_mm END DESC NULLS LAST,
        is_above_zero DESC,
        finding.cdm_table ASC,
        finding.cdm_row_id ASC
) = 1
