-- Patients by term, grade at baseline (NULL: not known) and worst grade on treatment (NULL: no result could be graded):
-- the shift table. x_not_evaluable: those of whom other results could not be graded, which may have been worse. n:
-- patients with at least one result that could be graded.
SELECT
    term,
    baseline_grade,
    worst_grade,
    count(*)::INTEGER AS x,
    count(*) FILTER (WHERE results_not_evaluable > 0)::INTEGER AS x_not_evaluable,
    coalesce(sum(count(*) FILTER (WHERE worst_grade IS NOT NULL)) OVER (PARTITION BY term), 0)::INTEGER AS n
FROM laboratory_grade
GROUP BY term, baseline_grade, worst_grade
ORDER BY term, baseline_grade NULLS LAST, worst_grade NULLS LAST
