-- Assessments after index from images, whichever source tells of them: those at most $assessment_days apart are one. A
-- clinician's judgement is none.
WITH dated AS (
    SELECT DISTINCT
        person_id,
        assessment_date
    FROM assessment
    WHERE source != 'clinician'
),

marked AS (
    SELECT
        *,
        coalesce(
            assessment_date - lag(assessment_date) OVER (PARTITION BY person_id ORDER BY assessment_date)
            > $assessment_days,
            TRUE
        ) AS begins
    FROM dated
),

numbered AS (
    SELECT
        *,
        count_if(begins) OVER (
            PARTITION BY person_id
            ORDER BY assessment_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS scan_no
    FROM marked
)

SELECT
    person_id,
    min(assessment_date) AS first_date,
    max(assessment_date) AS scan_date
FROM numbered
GROUP BY person_id, scan_no
