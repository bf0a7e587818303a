-- Worst laboratory grade on treatment by patient and term, the earliest of several. The baseline of a term with several
-- measurements is the worst of theirs. `emergent_grade`: the worst that is worse than the baseline (0 if none is):
-- graded relative to an abnormal baseline, any grade is. `emergence`: new, worsened, unclear (no baseline to compare
-- with, so it counts), none; NULL where nothing could be graded.
WITH baseline AS (
    SELECT
        person_id,
        term,
        max(grade) AS grade
    FROM laboratory_graded
    WHERE is_baseline
    GROUP BY person_id, term
),

compared AS (
    SELECT
        graded.*,
        baseline.grade AS baseline_grade,
        CASE
            WHEN graded.grade = 0 OR (NOT graded.is_relative AND graded.grade <= baseline.grade) THEN 0
            ELSE graded.grade
        END AS emergent_grade
    FROM laboratory_graded AS graded
    LEFT JOIN baseline ON graded.person_id = baseline.person_id AND graded.term = baseline.term
    WHERE NOT graded.is_baseline
)

SELECT
    person_id AS subject_id,
    term,
    max(baseline_grade)::INTEGER AS baseline_grade,
    max(grade)::INTEGER AS worst_grade,
    max(emergent_grade)::INTEGER AS emergent_grade,
    CASE
        WHEN max(emergent_grade) IS NULL THEN NULL
        WHEN max(emergent_grade) = 0 THEN 'none'
        WHEN max(baseline_grade) IS NULL THEN 'unclear'
        WHEN max(baseline_grade) = 0 THEN 'new'
        ELSE 'worsened'
    END AS emergence,
    arg_min(result_date, (-grade, result_date, measurement_id)) FILTER (WHERE grade IS NOT NULL) AS worst_date,
    arg_min(measurement_id, (-grade, result_date, measurement_id)) FILTER (WHERE grade IS NOT NULL) AS cdm_row_id,
    count(grade)::INTEGER AS results_graded,
    count(*) FILTER (WHERE grade IS NULL)::INTEGER AS results_not_evaluable
FROM compared
GROUP BY person_id, term
ORDER BY person_id, term
