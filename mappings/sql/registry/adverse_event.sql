-- An adverse event per row: its term, dates, worst grade, and what was said about it. Several suspects are lists.
WITH term AS (
    SELECT
        'condition_occurrence' AS cdm_table,
        condition_occurrence_id AS row_id,
        person_id,
        visit_occurrence_id,
        condition_concept_id AS term_concept_id,
        condition_start_date AS start_date,
        condition_end_date AS end_date
    FROM cdm.condition_occurrence
    UNION ALL
    SELECT
        'measurement' AS cdm_table,
        measurement_id AS row_id,
        person_id,
        visit_occurrence_id,
        measurement_concept_id AS term_concept_id,
        measurement_date AS start_date,
        NULL AS end_date
    FROM cdm.measurement
),

-- What an observation is about: the concepts of the tables' own key fields.
field AS (
    SELECT
        1147127 AS concept_id,
        'condition_occurrence' AS cdm_table
    UNION ALL
    SELECT
        1147138 AS concept_id,
        'measurement' AS cdm_table
),

attribute AS (
    SELECT
        f.cdm_table,
        o.observation_event_id AS row_id,
        max(o.value_as_number) FILTER (WHERE q.concept_code = 'ae-grade')::INTEGER AS grade,
        min(v.concept_name) FILTER (WHERE q.concept_code = 'ae-seriousness') AS seriousness,
        min(v.concept_name) FILTER (WHERE q.concept_code = 'ae-severity') AS severity,
        min(v.concept_name) FILTER (WHERE q.concept_code = 'ae-outcome') AS outcome,
        list(v.concept_name ORDER BY o.observation_id) FILTER (WHERE q.concept_code = 'ae-causality') AS causality,
        list(o.value_as_concept_id ORDER BY o.observation_id)
        FILTER (WHERE q.concept_code = 'ae-suspect') AS suspect_concept_ids
    FROM cdm.observation AS o
    INNER JOIN field AS f ON o.obs_event_field_concept_id = f.concept_id
    INNER JOIN cdm.concept AS q ON o.observation_concept_id = q.concept_id AND q.vocabulary_id = 'ONCO'
    LEFT JOIN cdm.concept AS v ON o.value_as_concept_id = v.concept_id AND v.concept_id <> 0
    GROUP BY f.cdm_table, o.observation_event_id
)

SELECT
    t.cdm_table,
    t.row_id,
    t.person_id,
    t.visit_occurrence_id,
    t.term_concept_id,
    c.concept_name AS term,
    t.start_date,
    t.end_date,
    a.grade,
    a.seriousness,
    a.severity,
    a.outcome,
    a.causality,
    a.suspect_concept_ids
FROM term AS t
SEMI JOIN registry.lineage AS l
    ON
        t.cdm_table = l.cdm_table AND t.row_id = l.row_id
        AND l.resource_type = 'AdverseEvent' AND split_part(l.slot, '.', 1) = '0'
LEFT JOIN attribute AS a ON t.cdm_table = a.cdm_table AND t.row_id = a.row_id
LEFT JOIN cdm.concept AS c ON t.term_concept_id = c.concept_id
