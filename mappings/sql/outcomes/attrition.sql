-- Persons by the furthest step that any of their candidates reached: step 0 is everyone who entered.
WITH reached AS (
    SELECT
        person_id,
        max(coalesce(failed_step, $steps + 1)) AS step
    FROM candidate
    GROUP BY person_id
),

excluded AS (
    SELECT
        step,
        count(*)::INTEGER AS persons
    FROM reached
    GROUP BY step
)

SELECT
    $cohort_name AS cohort,
    criterion.step,
    criterion.name AS criterion,
    criterion.label,
    coalesce(excluded.persons, 0)::INTEGER AS excluded,
    (
        (SELECT count(*) FROM reached)
        - coalesce(sum(excluded.persons) OVER (ORDER BY criterion.step), 0)
    )::INTEGER AS remaining
FROM criterion
LEFT JOIN excluded ON criterion.step = excluded.step
ORDER BY criterion.step
