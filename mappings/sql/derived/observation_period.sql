-- From the first to the last recorded event of a person: one period, or several where nothing was recorded for more
-- than the configured days.
WITH span AS (
    SELECT
        e.person_id,
        e.first_date,
        greatest(e.first_date, e.last_date) AS last_date
    FROM person_event AS e
    SEMI JOIN work.person AS w ON e.person_id = w.person_id
),

marked AS (
    SELECT
        *,
        -- Without a gap all is one period.
        coalesce(
            first_date > getvariable('onco_observation_gap') + max(last_date) OVER (
                PARTITION BY person_id ORDER BY first_date, last_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            FALSE
        ) AS begins
    FROM span
),

numbered AS (
    SELECT
        *,
        -- With all of its peers: which of equal rows comes first is nobody's to say, and only that one begins.
        count_if(begins) OVER (
            PARTITION BY person_id ORDER BY first_date, last_date RANGE UNBOUNDED PRECEDING
        ) AS period
    FROM marked
)

SELECT
    concat_ws(
        '/', 'person', person_id, CASE WHEN getvariable('onco_observation_gap') IS NOT NULL THEN min(first_date) END
    ) AS row_key,
    'first to last recorded event' AS derivation,
    person_id,
    min(first_date) AS observation_period_start_date,
    max(last_date) AS observation_period_end_date,
    type_standard_algorithm() AS period_type_concept_id
FROM numbered
GROUP BY person_id, period
