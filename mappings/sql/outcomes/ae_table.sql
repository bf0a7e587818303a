-- Patients by term and worst grade: any event, and the related ones by their own worst grade.
WITH graded AS (
    SELECT
        term,
        FALSE AS related_only,
        worst_grade AS grade
    FROM adverse_event
    UNION ALL
    SELECT
        term,
        TRUE AS related_only,
        worst_related_grade AS grade
    FROM adverse_event
    WHERE related
)

SELECT
    graded.term,
    graded.related_only,
    graded.grade::INTEGER AS grade,
    count(*)::INTEGER AS x,
    (SELECT count(*) FROM cohort_member)::INTEGER AS n
FROM graded
WHERE graded.grade IS NOT NULL
GROUP BY graded.term, graded.related_only, graded.grade
ORDER BY graded.related_only, graded.term, graded.grade
