-- Sums of diameters of target lesions in mm, exact decimals: the baseline (latest within $baseline_days before, up to,
-- index) and every later sum, with baseline and nadir (smallest earlier sum, baseline included). One per day: the last;
-- of one time the one that makes response harder, which is the smallest at baseline and the largest after it.
-- A number that is not finite, or too large for a sum, is a sum that is not known (NULL).
WITH measured AS (
    SELECT
        patient.person_id,
        patient.index_date,
        finding.finding_date AS assessment_date,
        finding.cdm_table,
        finding.cdm_row_id,
        -- Wide enough for every product with it: an overflow would end the run.
        TRY_CAST(
            TRY_CAST(finding.value_as_number AS DECIMAL(28, 4)) * unit.millimetres AS DECIMAL(28, 3)
        ) AS sum_mm
    FROM cohort_member AS patient
    INNER JOIN finding ON patient.person_id = finding.person_id
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    INNER JOIN length_unit AS unit ON finding.unit_concept_id = unit.unit_concept_id
    WHERE
        concept.concept_set = $target_sum
        AND finding.value_as_number >= 0
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY patient.person_id, finding.finding_date
        ORDER BY
            finding.finding_datetime DESC NULLS LAST,
            CASE WHEN finding.finding_date <= patient.index_date THEN -sum_mm ELSE sum_mm END DESC NULLS LAST,
            finding.cdm_table ASC,
            finding.cdm_row_id ASC
    ) = 1
),

baseline AS (
    SELECT
        person_id,
        MAX(assessment_date) AS baseline_date,
        MAX_BY(sum_mm, assessment_date) AS baseline_mm
    FROM measured
    WHERE sum_mm IS NOT NULL AND index_date - assessment_date BETWEEN 0 AND $baseline_days
    GROUP BY person_id
)

SELECT
    measured.person_id,
    measured.index_date,
    measured.assessment_date,
    measured.sum_mm,
    baseline.baseline_mm,
    measured.cdm_table,
    measured.cdm_row_id,
    MIN(measured.sum_mm) OVER (
        PARTITION BY measured.person_id
        ORDER BY measured.assessment_date
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS nadir_mm
FROM measured
LEFT JOIN baseline ON measured.person_id = baseline.person_id
WHERE
    measured.assessment_date > measured.index_date
    OR measured.assessment_date = baseline.baseline_date
