-- Patients by term, grade at baseline (NULL: not known) and worst grade on treatment: the shift table. n: patients with
-- at least one result that could be graded.
SELECT
    term,
    baseline_grade,
    worst_grade,
    count(*)::INTEGER AS x,
    (sum(count(*)) OVER (PARTITION BY term))::INTEGER AS n
FROM laboratory_grade
WHERE worst_grade IS NOT NULL
GROUP BY term, baseline_grade, worst_grade
ORDER BY term, baseline_grade NULLS LAST, worst_grade
