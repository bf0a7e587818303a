-- The line of systemic therapy that each course belongs to, by the registry's rules, numbered from 1. A new line: a new
-- agent more than new_agent_days after the line's start (components of the combination that start within
-- combination_days of each other are one line), or no drug for gap_days. As sql/outcomes/prior_line.sql, but over the
-- whole record.
WITH RECURSIVE therapy AS (
    SELECT DISTINCT
        c.person_id,
        c.registry,
        c.turn,
        c.agent,
        c.is_component,
        c.course_start AS start_date,
        c.course_end AS end_date,
        r.combination_days,
        r.new_agent_days,
        r.gap_days
    FROM episode_course AS c INNER JOIN episode_rule AS r ON c.registry = r.registry
),

line AS (
    SELECT
        person_id,
        registry,
        turn,
        TRUE AS begun,
        1 AS line_no,
        start_date AS line_start,
        end_date AS taken_until,
        [agent] AS agents,
        CASE WHEN is_component THEN start_date END AS combination_start
    FROM therapy
    WHERE turn = 1
    UNION ALL
    SELECT
        line.person_id,
        line.registry,
        therapy.turn,
        therapy.start_date - line.taken_until >= therapy.gap_days
        OR (
            NOT list_contains(line.agents, therapy.agent)
            AND therapy.start_date - line.line_start > therapy.new_agent_days
            AND NOT coalesce(
                therapy.is_component AND therapy.start_date - line.combination_start <= therapy.combination_days,
                FALSE
            )
        ) AS advances,
        line.line_no + advances::INTEGER AS line_no,
        CASE WHEN advances THEN therapy.start_date ELSE line.line_start END AS line_start,
        greatest(line.taken_until, therapy.end_date) AS taken_until,
        CASE WHEN advances THEN [therapy.agent] ELSE list_append(line.agents, therapy.agent) END AS agents,
        CASE
            WHEN NOT therapy.is_component THEN CASE WHEN NOT advances THEN line.combination_start END
            WHEN advances THEN therapy.start_date
            ELSE coalesce(line.combination_start, therapy.start_date)
        END AS combination_start
    FROM line
    INNER JOIN therapy
        ON
            line.person_id = therapy.person_id AND line.registry = therapy.registry
            AND therapy.turn = line.turn + 1
)

SELECT
    person_id,
    registry,
    turn,
    line_no,
    line_start
FROM line
