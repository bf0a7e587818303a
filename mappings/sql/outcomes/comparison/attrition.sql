-- Persons with a start of the arm by the furthest step that any of these starts reached.
WITH reached AS (
    SELECT
        person_id,
        arm,
        max(coalesce(failed_step, $landmark_steps + 1)) AS step
    FROM candidate
    GROUP BY person_id, arm
),

counted AS (
    SELECT
        arm.arm,
        arm.position,
        step.step,
        step.name,
        step.label,
        count(reached.person_id) FILTER (WHERE reached.step = step.step)::INTEGER AS excluded,
        count(reached.person_id) FILTER (WHERE reached.step > step.step)::INTEGER AS remaining
    FROM arm
    CROSS JOIN landmark_step AS step
    LEFT JOIN reached ON arm.arm = reached.arm
    GROUP BY arm.arm, arm.position, step.step, step.name, step.label
)

SELECT
    step,
    name AS criterion,
    label,
    excluded,
    remaining,
    concat($cohort_name, ' from landmark: ', arm) AS cohort
FROM counted
ORDER BY position, step
