-- Results of the graded measurements, from $baseline_days before the first dose until the end of the window, each with
-- the patient's baseline: the last number up to the first dose, or the last declared answer of a measurement that is
-- graded by answers. Exact decimals; what is no number, or lies beyond one ('<0.1'), has no amount. `high`, `low`: the
-- baseline was beyond its own limit; NULL where that is not known.
WITH answered AS (
    SELECT DISTINCT
        concept_set,
        answer_set
    FROM laboratory_rule
    WHERE answer_set IS NOT NULL
),

answer_grade AS (
    SELECT
        concept_set,
        answer,
        max(grade) AS grade
    FROM laboratory_rule
    WHERE answer_set IS NOT NULL
    GROUP BY concept_set, answer
),

result AS (
    SELECT
        measured.person_id,
        concept.concept_set,
        measured.measurement_id,
        measured.measurement_date AS result_date,
        measured.measurement_datetime AS result_datetime,
        measured.value_as_concept_id,
        bound.concept_id IS NOT NULL AS is_bound,
        CASE
            WHEN bound.concept_id IS NULL THEN try_cast(measured.value_as_number AS DECIMAL(18, 6))
        END AS amount,
        try_cast(measured.range_low AS DECIMAL(18, 6)) AS lln,
        try_cast(measured.range_high AS DECIMAL(18, 6)) AS uln,
        coalesce(measured.unit_concept_id, 0) AS unit_concept_id,
        coalesce(measured.unit_source_value, '') AS unit_text,
        measured.measurement_date <= treatment.first_dose_date AS is_before,
        coalesce(answer_grade.grade, 0) AS answer_grade,
        CASE
            WHEN answered.answer_set IS NULL THEN amount IS NOT NULL
            ELSE answer.concept_id IS NOT NULL
        END AS is_told
    FROM cdm.measurement AS measured
    INNER JOIN treatment_window AS treatment ON measured.person_id = treatment.person_id
    INNER JOIN concept_member AS concept ON measured.measurement_concept_id = concept.concept_id
    LEFT JOIN bound_operator AS bound ON measured.operator_concept_id = bound.concept_id
    LEFT JOIN answered ON concept.concept_set = answered.concept_set
    LEFT JOIN concept_member AS answer
        ON answered.answer_set = answer.concept_set AND measured.value_as_concept_id = answer.concept_id
    LEFT JOIN answer_grade
        ON answered.concept_set = answer_grade.concept_set AND answer.group_label = answer_grade.answer
    WHERE
        concept.concept_set IN (SELECT concept_set FROM laboratory_rule)
        AND measured.measurement_date <= $data_cut
        AND measured.measurement_date
        BETWEEN treatment.first_dose_date - $laboratory_baseline_days AND treatment.window_end
),

baseline AS (
    SELECT *
    FROM result
    WHERE is_before AND is_told
    -- Of one time the highest, whichever its key: keys differ between loads.
    QUALIFY row_number() OVER (
        PARTITION BY person_id, concept_set
        ORDER BY
            result_date DESC,
            result_datetime DESC NULLS LAST,
            amount DESC,
            answer_grade DESC,
            uln ASC,
            lln DESC,
            unit_concept_id DESC,
            unit_text ASC,
            measurement_id ASC
    ) = 1
)

SELECT
    result.* EXCLUDE (answer_grade, is_told),
    CASE
        WHEN result.unit_concept_id = baseline.unit_concept_id AND result.unit_text = baseline.unit_text
            THEN baseline.amount
    END AS baseline,
    baseline.measurement_id IS NOT NULL AS has_baseline,
    coalesce(baseline.measurement_id = result.measurement_id, FALSE) AS is_baseline,
    baseline.amount > baseline.uln AS baseline_high
FROM result
LEFT JOIN baseline ON result.person_id = baseline.person_id AND result.concept_set = baseline.concept_set
WHERE NOT result.is_before OR coalesce(baseline.measurement_id = result.measurement_id, FALSE)
