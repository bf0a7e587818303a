-- Patients by row of the safety tables and by their worst grade in it; of related events by the worst related grade.
WITH worst AS (
    SELECT
        kind,
        item,
        related_only,
        person_id,
        max(grade) AS grade
    FROM adverse_event_item
    GROUP BY kind, item, related_only, person_id
)

SELECT
    listed.kind,
    listed.item,
    listed.related_only,
    count(worst.person_id)::INTEGER AS x,
    count(*) FILTER (WHERE worst.grade BETWEEN 1 AND 2)::INTEGER AS x_grade_1_2,
    count(*) FILTER (WHERE worst.grade BETWEEN 3 AND 4)::INTEGER AS x_grade_3_4,
    count(*) FILTER (WHERE worst.grade = 5)::INTEGER AS x_grade_5,
    count(*) FILTER (WHERE worst.person_id IS NOT NULL AND worst.grade IS NULL)::INTEGER AS x_not_graded,
    (SELECT count(*) FROM cohort_member)::INTEGER AS n
FROM safety_item AS listed
LEFT JOIN worst
    ON listed.kind = worst.kind AND listed.item = worst.item AND listed.related_only = worst.related_only
GROUP BY listed.kind, listed.item, listed.related_only
ORDER BY
    listed.related_only ASC,
    list_position(['any', 'serious', 'severe', 'class', 'term', 'group'], listed.kind) ASC,
    x DESC,
    listed.item ASC
