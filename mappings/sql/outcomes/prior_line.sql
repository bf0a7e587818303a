-- Lines of systemic therapy begun before the candidate combination's first day, numbered from 1. A new line: a new
-- agent more than $new_agent_days after the line's start (components of the combination that start within
-- $maximum_days_between_starts of each other are one line), or no drug for $gap_days. Another agent of a component's
-- class is no new agent. `counts`: not (neo)adjuvant, or relapsed within $relapse_within_days of its end; and not one
-- that begins with a component and that the candidate only resumes, for that is the candidate's own line.
WITH RECURSIVE given AS (
    SELECT
        candidate.candidate_id,
        era.component AS agent,
        TRUE AS is_component,
        era.era_start AS start_date,
        era.last_day AS end_date
    FROM candidate
    INNER JOIN exposure_era AS era
        ON candidate.person_id = era.person_id AND candidate.first_start > era.era_start
    UNION ALL
    SELECT
        candidate.candidate_id,
        exposure.group_label AS agent,
        FALSE AS is_component,
        exposure.start_date,
        exposure.end_date
    FROM candidate
    INNER JOIN exposure_record AS exposure
        ON candidate.person_id = exposure.person_id AND candidate.first_start > exposure.start_date
    WHERE exposure.concept_set = $other_therapy
),

-- Records of one agent without a gap of a line's length, so that the recursion takes few turns.
marked AS (
    SELECT
        *,
        coalesce(
            start_date >= $gap_days + max(end_date) OVER (
                PARTITION BY candidate_id, agent
                ORDER BY start_date, end_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            TRUE
        ) AS begins
    FROM given
),

numbered AS (
    SELECT
        *,
        -- With all of its peers: which of equal rows comes first is nobody's to say, and only that one begins.
        count_if(begins) OVER (
            PARTITION BY candidate_id, agent
            ORDER BY start_date, end_date
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS course
    FROM marked
),

therapy AS (
    SELECT
        candidate_id,
        agent,
        is_component,
        min(start_date) AS start_date,
        max(end_date) AS end_date,
        row_number() OVER (PARTITION BY candidate_id ORDER BY min(start_date), agent) AS turn
    FROM numbered
    GROUP BY candidate_id, agent, is_component, course
),

line AS (
    SELECT
        candidate_id,
        turn,
        TRUE AS begun,
        1 AS line,
        start_date AS line_start,
        end_date AS line_end,
        end_date AS taken_until,
        [agent] AS agents,
        CASE WHEN is_component THEN start_date END AS combination_start
    FROM therapy
    WHERE turn = 1
    UNION ALL
    SELECT
        line.candidate_id,
        therapy.turn,
        therapy.start_date - line.taken_until >= $gap_days
        OR (
            NOT list_contains(line.agents, therapy.agent)
            AND therapy.start_date - line.line_start > $new_agent_days
            AND NOT coalesce(
                therapy.is_component
                AND therapy.start_date - line.combination_start <= $maximum_days_between_starts,
                FALSE
            )
        ) AS advances,
        line.line + advances::INTEGER AS line,
        CASE WHEN advances THEN therapy.start_date ELSE line.line_start END AS line_start,
        CASE
            WHEN advances THEN therapy.end_date
            ELSE greatest(line.line_end, therapy.end_date)
        END AS line_end,
        greatest(line.taken_until, therapy.end_date) AS taken_until,
        CASE
            WHEN advances THEN [therapy.agent]
            ELSE list_append(line.agents, therapy.agent)
        END AS agents,
        CASE
            WHEN NOT therapy.is_component THEN CASE WHEN NOT advances THEN line.combination_start END
            WHEN advances THEN therapy.start_date
            ELSE coalesce(line.combination_start, therapy.start_date)
        END AS combination_start
    FROM line
    INNER JOIN therapy ON line.candidate_id = therapy.candidate_id AND therapy.turn = line.turn + 1
),

relapse AS (
    SELECT
        candidate.candidate_id,
        min(fact.fact_date) AS relapse_date
    FROM candidate
    INNER JOIN fact ON candidate.person_id = fact.person_id AND candidate.index_date >= fact.fact_date
    INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
    WHERE concept.concept_set = $relapse_set
    GROUP BY candidate.candidate_id
),

newest AS (
    SELECT *
    FROM line
    QUALIFY row_number() OVER (PARTITION BY candidate_id ORDER BY turn DESC) = 1
),

-- The candidates whose start goes on with the newest line: no component that they begin together is a new agent, and
-- there was no gap.
resumed AS (
    SELECT
        newest.candidate_id,
        newest.line
    FROM newest
    INNER JOIN candidate ON newest.candidate_id = candidate.candidate_id
    INNER JOIN exposure_era AS era
        ON
            candidate.person_id = era.person_id
            AND candidate.first_start <= era.era_start
            AND least(candidate.start_date, candidate.first_start + $maximum_days_between_starts) >= era.era_start
    WHERE newest.line_start = newest.combination_start
    GROUP BY newest.candidate_id, newest.line
    HAVING
        max(candidate.first_start - newest.taken_until) < $gap_days
        AND max(CASE WHEN list_contains(newest.agents, era.component) THEN 0 ELSE era.era_start - newest.line_start END)
        <= greatest($new_agent_days, $maximum_days_between_starts)
)

SELECT
    line.candidate_id,
    line.line,
    min(line.line_start) AS line_start,
    max(line.line_end) AS line_end,
    coalesce(any_value(relapse.relapse_date) - max(line.line_end) <= $relapse_within_days, TRUE)
    AND count(resumed.line) = 0 AS counts
FROM line
LEFT JOIN relapse ON line.candidate_id = relapse.candidate_id
LEFT JOIN resumed ON line.candidate_id = resumed.candidate_id AND line.line = resumed.line
GROUP BY line.candidate_id, line.line
