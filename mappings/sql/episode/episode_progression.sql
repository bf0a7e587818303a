-- Recorded progressive disease of touched persons, in progressions: days with that response until another evaluable
-- one or a new line of therapy. Of one day the last response counts, of one time the worst.
WITH recorded AS (
    SELECT
        m.person_id,
        m.measurement_concept_id AS question,
        m.value_as_concept_id AS answer,
        m.measurement_date AS assessment_date,
        m.measurement_datetime AS assessment_datetime,
        'measurement' AS cdm_table,
        m.measurement_id AS row_id
    FROM cdm.measurement AS m SEMI JOIN work.person AS w ON m.person_id = w.person_id
    UNION ALL
    SELECT
        o.person_id,
        o.observation_concept_id AS question,
        o.value_as_concept_id AS answer,
        o.observation_date AS assessment_date,
        o.observation_datetime AS assessment_datetime,
        'observation' AS cdm_table,
        o.observation_id AS row_id
    FROM cdm.observation AS o SEMI JOIN work.person AS w ON o.person_id = w.person_id
),

assessed AS (
    SELECT
        r.*,
        a.registry,
        a.label AS response,
        first(a.label) OVER (
            PARTITION BY r.person_id, a.registry, r.assessment_date
            ORDER BY
                r.assessment_datetime DESC NULLS LAST,
                list_position(['PD', 'NON-CR/NON-PD', 'SD', 'PR', 'CR'], a.label) ASC
        ) AS response_of_day
    FROM recorded AS r
    INNER JOIN episode_concept AS q ON r.question = q.concept_id AND q.role = 'response'
    INNER JOIN episode_concept AS a ON r.answer = a.concept_id AND q.registry = a.registry AND a.role = 'answer'
    -- What is not evaluable neither begins nor ends a progression.
    WHERE a.label IN ('PD', 'NON-CR/NON-PD', 'SD', 'PR', 'CR')
),

dated AS (
    SELECT DISTINCT
        person_id,
        registry,
        assessment_date,
        response_of_day
    FROM assessed
),

lined AS (
    SELECT
        d.*,
        coalesce(max(l.line_no), 0) AS line_no
    FROM dated AS d
    LEFT JOIN episode_line AS l
        ON d.person_id = l.person_id AND d.registry = l.registry AND d.assessment_date > l.line_start
    GROUP BY ALL
),

marked AS (
    SELECT
        *,
        coalesce(
            lag(response_of_day) OVER one_person <> 'PD' OR lag(line_no) OVER one_person <> line_no, TRUE
        ) AS begins
    FROM lined
    WINDOW one_person AS (PARTITION BY person_id, registry ORDER BY assessment_date)
),

numbered AS (
    SELECT
        person_id,
        registry,
        assessment_date,
        count_if(begins) OVER (
            PARTITION BY person_id, registry ORDER BY assessment_date
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS progression
    FROM marked
    WHERE response_of_day = 'PD'
)

SELECT
    a.person_id,
    a.registry,
    n.progression,
    a.assessment_date,
    a.cdm_table,
    a.row_id
FROM assessed AS a
INNER JOIN numbered AS n
    ON a.person_id = n.person_id AND a.registry = n.registry AND a.assessment_date = n.assessment_date
WHERE a.response = 'PD'
