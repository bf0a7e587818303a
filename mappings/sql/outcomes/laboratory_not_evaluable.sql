-- Results that could not be graded, by term and reason, of all results after the first dose.
SELECT
    term,
    reason,
    count(*)::INTEGER AS x,
    any_value(n)::INTEGER AS n
FROM (
    SELECT
        *,
        count(*) OVER (PARTITION BY term) AS n
    FROM laboratory_graded
    WHERE NOT is_baseline
) AS counted
WHERE reason IS NOT NULL
GROUP BY term, reason
ORDER BY term, reason
