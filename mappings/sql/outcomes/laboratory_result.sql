-- Results of the graded measurements, from $baseline_days before the first dose until the end of the window, each with
-- the patient's baseline: the last number up to the first dose. Exact decimals; what is no number, or lies beyond one
-- ('<0.1'), has no amount. `high`, `low`: the baseline was beyond its own limit; NULL where that is not known.
WITH result AS (
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
        measured.measurement_date <= treatment.first_dose_date AS is_before
    FROM cdm.measurement AS measured
    INNER JOIN treatment_window AS treatment ON measured.person_id = treatment.person_id
    INNER JOIN concept_member AS concept ON measured.measurement_concept_id = concept.concept_id
    LEFT JOIN bound_operator AS bound ON measured.operator_concept_id = bound.concept_id
    WHERE
        concept.concept_set IN (SELECT concept_set FROM laboratory_rule)
        AND measured.measurement_date <= $data_cut
        AND measured.measurement_date
        BETWEEN treatment.first_dose_date - $laboratory_baseline_days AND treatment.window_end
),

baseline AS (
    SELECT *
    FROM result
    WHERE is_before AND amount IS NOT NULL
    -- Of one time the highest, whichever its key: keys differ between loads.
    QUALIFY row_number() OVER (
        PARTITION BY person_id, concept_set
        ORDER BY result_date DESC, result_datetime DESC NULLS LAST, amount DESC, measurement_id ASC
    ) = 1
)

SELECT
    result.*,
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
