-- Each row that makes an episode of a touched person, with what it says of the episode. Disease episodes are those of
-- persons who have the registry's disease: a metastasis or a progression of another one is none.
WITH disease AS (
    SELECT
        person_id,
        registry,
        min(fact_date) AS first_date,
        arg_min(concept_id, (fact_date, concept_id)) AS concept_id
    FROM episode_fact
    WHERE role = 'disease'
    GROUP BY person_id, registry
),

first_fact AS (
    SELECT *
    FROM episode_fact
    QUALIFY fact_date = min(fact_date) OVER (PARTITION BY person_id, registry, role)
),

regimen AS (
    SELECT
        c.*,
        l.line_no,
        l.line_start,
        max(c.course_end) OVER one_line AS line_end,
        list(c.label) OVER one_line AS labels,
        bool_and(c.is_component) OVER one_line
        AND len(list_distinct(list(c.agent) OVER one_line)) = r.components AS is_combination,
        r.regimen,
        r.regimen_concept_id
    FROM episode_course AS c
    INNER JOIN episode_line AS l ON c.person_id = l.person_id AND c.registry = l.registry AND c.turn = l.turn
    INNER JOIN episode_rule AS r ON c.registry = r.registry
    WINDOW one_line AS (PARTITION BY c.person_id, c.registry, l.line_no)
)

SELECT
    f.person_id,
    f.registry,
    concat_ws('/', 'person', f.person_id, f.registry, f.role) AS row_key,
    CASE f.role WHEN 'disease' THEN episode_first_occurrence() ELSE episode_metastatic() END AS concept_id,
    f.fact_date AS start_date,
    NULL::DATE AS end_date,
    1 AS episode_number,
    d.concept_id AS object_concept_id,
    f.registry || ': ' || f.role AS source_value,
    f.cdm_table,
    f.row_id
FROM first_fact AS f INNER JOIN disease AS d ON f.person_id = d.person_id AND f.registry = d.registry
UNION ALL
SELECT
    p.person_id,
    p.registry,
    concat_ws(
        '/', 'person', p.person_id, p.registry, 'progression',
        min(p.assessment_date) OVER (PARTITION BY p.person_id, p.registry, p.progression)
    ) AS row_key,
    episode_progression() AS concept_id,
    min(p.assessment_date) OVER (PARTITION BY p.person_id, p.registry, p.progression) AS start_date,
    NULL::DATE AS end_date,
    p.progression AS episode_number,
    d.concept_id AS object_concept_id,
    p.registry || ': progression' AS source_value,
    p.cdm_table,
    p.row_id
FROM episode_progression AS p INNER JOIN disease AS d ON p.person_id = d.person_id AND p.registry = d.registry
UNION ALL
SELECT
    g.person_id,
    g.registry,
    concat_ws('/', 'person', g.person_id, g.registry, 'line', g.line_start) AS row_key,
    episode_treatment_regimen() AS concept_id,
    g.line_start AS start_date,
    g.line_end AS end_date,
    g.line_no AS episode_number,
    CASE WHEN g.is_combination THEN g.regimen_concept_id ELSE 0 END AS object_concept_id,
    g.registry || ': '
    || CASE
        WHEN g.is_combination THEN g.regimen
        ELSE array_to_string(list_sort(list_distinct(g.labels)), ' + ')
    END AS source_value,
    'drug_exposure' AS cdm_table,
    g.drug_exposure_id AS row_id
FROM regimen AS g
