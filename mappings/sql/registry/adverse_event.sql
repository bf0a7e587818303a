-- An adverse event per row, whichever table its term belongs to: the rows of one AdverseEvent are found by their
-- lineage, since there is no verified concept for a reference to an observation. `targets`: each row of the term.
-- In words that Postgres has too, but for struct_pack, which the replica reads as jsonb_build_object.
WITH said AS (
    SELECT
        resource_key,
        cdm_table,
        row_id,
        slot,
        derivation,
        split_part(slot, '.', 1) = '0' AS is_term
    FROM registry.lineage
    WHERE resource_type = 'AdverseEvent' AND cdm_table <> 'fact_relationship'
),

term AS (
    SELECT
        s.*,
        c.person_id,
        c.visit_occurrence_id,
        c.condition_concept_id AS concept_id,
        c.condition_type_concept_id AS type_concept_id,
        c.condition_start_date AS start_date,
        c.condition_end_date AS end_date
    FROM said AS s INNER JOIN cdm.condition_occurrence AS c ON s.row_id = c.condition_occurrence_id
    WHERE s.is_term AND s.cdm_table = 'condition_occurrence'
    UNION ALL
    SELECT
        s.*,
        m.person_id,
        m.visit_occurrence_id,
        m.measurement_concept_id AS concept_id,
        m.measurement_type_concept_id AS type_concept_id,
        m.measurement_date AS start_date,
        NULL::DATE AS end_date
    FROM said AS s INNER JOIN cdm.measurement AS m ON s.row_id = m.measurement_id
    WHERE s.is_term AND s.cdm_table = 'measurement'
    UNION ALL
    SELECT
        s.*,
        o.person_id,
        o.visit_occurrence_id,
        o.observation_concept_id AS concept_id,
        o.observation_type_concept_id AS type_concept_id,
        o.observation_date AS start_date,
        NULL::DATE AS end_date
    FROM said AS s INNER JOIN cdm.observation AS o ON s.row_id = o.observation_id
    WHERE s.is_term AND s.cdm_table = 'observation'
    UNION ALL
    SELECT
        s.*,
        p.person_id,
        p.visit_occurrence_id,
        p.procedure_concept_id AS concept_id,
        p.procedure_type_concept_id AS type_concept_id,
        p.procedure_date AS start_date,
        p.procedure_end_date AS end_date
    FROM said AS s INNER JOIN cdm.procedure_occurrence AS p ON s.row_id = p.procedure_occurrence_id
    WHERE s.is_term AND s.cdm_table = 'procedure_occurrence'
),

event AS (
    SELECT
        t.resource_key,
        (array_agg(t.cdm_table ORDER BY t.slot))[1] AS cdm_table,
        (array_agg(t.row_id ORDER BY t.slot))[1] AS row_id,
        min(t.person_id) AS person_id,
        min(t.visit_occurrence_id) AS visit_occurrence_id,
        (array_agg(t.concept_id ORDER BY t.slot))[1] AS term_concept_id,
        (array_agg(c.concept_name ORDER BY t.slot))[1] AS term,
        min(t.type_concept_id) AS type_concept_id,
        min(t.start_date) AS start_date,
        coalesce(nullif(split_part(split_part(min(t.derivation), 'date: ', 2), ';', 1), ''), 'date') AS start_from,
        max(t.end_date) AS end_date,
        array_agg(
            struct_pack(
                cdm_table := t.cdm_table, row_id := t.row_id, concept_id := t.concept_id, term := c.concept_name
            )
            ORDER BY t.slot
        ) AS targets
    FROM term AS t LEFT JOIN cdm.concept AS c ON t.concept_id = c.concept_id
    GROUP BY t.resource_key
),

attribute AS (
    SELECT
        s.resource_key,
        s.slot,
        q.concept_code,
        o.value_as_number,
        o.value_as_string,
        o.value_as_concept_id,
        v.concept_name
    FROM said AS s
    INNER JOIN cdm.observation AS o ON s.row_id = o.observation_id
    INNER JOIN cdm.concept AS q ON o.observation_concept_id = q.concept_id AND q.vocabulary_id = 'ONCO'
    LEFT JOIN cdm.concept AS v ON o.value_as_concept_id = v.concept_id AND v.concept_id <> 0
    WHERE NOT s.is_term AND s.cdm_table = 'observation'
),

described AS (
    SELECT
        a.resource_key,
        max(a.value_as_number) FILTER (WHERE a.concept_code = 'ae-grade')::INTEGER AS grade,
        min(a.concept_name) FILTER (WHERE a.concept_code = 'ae-seriousness') AS seriousness,
        array_agg(a.concept_name ORDER BY a.slot)
        FILTER (WHERE a.concept_code = 'ae-seriousness-criterion') AS seriousness_criteria,
        min(a.concept_name) FILTER (WHERE a.concept_code = 'ae-severity') AS severity,
        min(a.concept_name) FILTER (WHERE a.concept_code = 'ae-outcome') AS outcome,
        array_agg(a.concept_name ORDER BY a.slot) FILTER (WHERE a.concept_code = 'ae-causality') AS causality,
        array_agg(coalesce(a.concept_name, a.value_as_string) ORDER BY a.slot)
        FILTER (WHERE a.concept_code = 'ae-suspect') AS suspects,
        array_agg(a.value_as_concept_id ORDER BY a.slot)
        FILTER (WHERE a.concept_code = 'ae-suspect') AS suspect_concept_ids,
        -- Nothing but a date is written there.
        min(CASE WHEN a.concept_code = 'ae-detected' THEN a.value_as_string::DATE END) AS detected_date,
        min(CASE WHEN a.concept_code = 'ae-recorded' THEN a.value_as_string::DATE END) AS recorded_date
    FROM attribute AS a
    GROUP BY a.resource_key
)

SELECT
    e.resource_key,
    e.cdm_table,
    e.row_id,
    e.person_id,
    e.visit_occurrence_id,
    e.term_concept_id,
    e.term,
    e.targets,
    e.type_concept_id,
    e.start_date,
    e.start_from,
    e.end_date,
    d.detected_date,
    d.recorded_date,
    d.grade,
    d.seriousness,
    d.seriousness_criteria,
    d.severity,
    d.outcome,
    d.causality,
    d.suspects,
    d.suspect_concept_ids
FROM event AS e LEFT JOIN described AS d ON e.resource_key = d.resource_key
