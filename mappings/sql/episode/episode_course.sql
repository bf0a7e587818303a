-- Exposures of the touched persons that count as therapy, by registry and agent, in courses: records of one agent
-- without a gap of a line's length. `turn` numbers a person's courses as they begin.
WITH given AS (
    SELECT
        e.person_id,
        c.registry,
        c.agent,
        c.is_component,
        c.label,
        e.drug_exposure_id,
        e.drug_exposure_start_date AS start_date,
        -- As in drug_era: the guessed end of a prescription is no duration of treatment.
        CASE
            WHEN is_guessed_end(e._derivation) THEN e.drug_exposure_start_date
            ELSE greatest(e.drug_exposure_end_date, e.drug_exposure_start_date)
        END AS end_date
    FROM cdm.drug_exposure AS e
    SEMI JOIN work.person AS w ON e.person_id = w.person_id
    INNER JOIN episode_concept AS c
        -- Where the standard concept is unknown, the source concept may still name the drug.
        ON c.concept_id = coalesce(nullif(e.drug_concept_id, 0), e.drug_source_concept_id) AND c.role = 'therapy'
    SEMI JOIN episode_rule_source AS s ON c.registry = s.registry AND e.drug_type_concept_id = s.type_concept_id
),

marked AS (
    SELECT
        g.*,
        coalesce(
            g.start_date >= r.gap_days + max(g.end_date) OVER (
                PARTITION BY g.person_id, g.registry, g.agent
                ORDER BY g.start_date, g.end_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            TRUE
        ) AS begins
    FROM given AS g INNER JOIN episode_rule AS r ON g.registry = r.registry
),

numbered AS (
    SELECT
        *,
        -- With all of its peers: which of equal rows comes first is nobody's to say, and only that one begins.
        count_if(begins) OVER (
            PARTITION BY person_id, registry, agent
            ORDER BY start_date, end_date
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS course
    FROM marked
),

spanned AS (
    SELECT
        *,
        min(start_date) OVER (PARTITION BY person_id, registry, agent, course) AS course_start,
        max(end_date) OVER (PARTITION BY person_id, registry, agent, course) AS course_end
    FROM numbered
)

SELECT
    person_id,
    registry,
    agent,
    is_component,
    label,
    drug_exposure_id,
    course_start,
    course_end,
    dense_rank() OVER (PARTITION BY person_id, registry ORDER BY course_start, agent) AS turn
FROM spanned
