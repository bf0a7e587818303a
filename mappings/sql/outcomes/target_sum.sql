-- Target disease by source, in mm: the baseline and every later assessment, with what came before it. `known_mm` is the
-- sum of what was measured, `sum_mm` the same where all of it was, else NULL; the nadir is the smallest earlier
-- complete sum, baseline included (Eisenhauer 2009, Eur J Cancer 45:228, 4.3.1). A recorded sum is complete by itself;
-- its baseline is the latest within $baseline_days before, up to, index. The dates of an assessment: the last, and the
-- first for what shows progression.
WITH recorded_baseline AS (
    SELECT
        person_id,
        max(assessment_date) AS baseline_date
    FROM recorded_sum
    WHERE sum_mm IS NOT NULL AND index_date - assessment_date BETWEEN 0 AND $baseline_days
    GROUP BY person_id
),

recorded AS (
    SELECT
        found.person_id,
        found.index_date,
        'sums' AS source,
        found.assessment_date AS first_day,
        found.assessment_date,
        found.sum_mm AS known_mm,
        found.sum_mm,
        coalesce(found.sum_mm = 0, FALSE) AS is_gone,
        coalesce(found.sum_mm > 0, found.is_above_zero) AS has_disease,
        coalesce(found.assessment_date = baseline.baseline_date, FALSE) AS is_baseline,
        found.cdm_table,
        found.cdm_row_id
    FROM recorded_sum AS found
    LEFT JOIN recorded_baseline AS baseline ON found.person_id = baseline.person_id
    WHERE found.assessment_date > found.index_date OR found.assessment_date = baseline.baseline_date
),

measured AS (
    SELECT
        found.person_id,
        patient.index_date,
        'lesions' AS source,
        found.first_day,
        found.last_day AS assessment_date,
        try_cast(found.known_mm AS DECIMAL(28, 3)) AS known_mm,
        CASE WHEN found.is_complete THEN try_cast(found.known_mm AS DECIMAL(28, 3)) END AS sum_mm,
        found.is_gone,
        found.has_disease,
        NOT found.is_after AS is_baseline,
        'measurement' AS cdm_table,
        found.lesion_row_id AS cdm_row_id
    FROM lesion_assessment AS found
    INNER JOIN cohort_member AS patient ON found.person_id = patient.person_id
    WHERE found.has_target
),

every AS (
    SELECT * FROM recorded
    UNION ALL BY NAME
    SELECT * FROM measured
)

SELECT
    person_id,
    index_date,
    source,
    first_day,
    assessment_date,
    is_baseline,
    known_mm,
    sum_mm,
    is_gone,
    has_disease,
    cdm_table,
    cdm_row_id,
    max(CASE WHEN is_baseline THEN sum_mm END) OVER (PARTITION BY person_id, source) AS baseline_mm,
    min(sum_mm) OVER earlier AS nadir_mm,
    coalesce(bool_or(is_gone AND NOT is_baseline) OVER earlier, FALSE) AS was_gone
FROM every
WINDOW earlier AS (
    PARTITION BY person_id, source
    ORDER BY assessment_date
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
