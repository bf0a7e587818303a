-- What says that a touched person has a registry's disease, or that it is metastatic: conditions (standard or source
-- concept), procedures, and measurements, by their concept unless the value denies it, or by their value.
WITH coded AS (
    SELECT
        c.person_id,
        unnest([c.condition_concept_id, c.condition_source_concept_id]) AS concept_id,
        c.condition_start_date AS fact_date,
        'condition_occurrence' AS cdm_table,
        c.condition_occurrence_id AS row_id,
        NULL AS denied_by
    FROM cdm.condition_occurrence AS c SEMI JOIN work.person AS w ON c.person_id = w.person_id
    UNION ALL
    SELECT
        p.person_id,
        p.procedure_concept_id AS concept_id,
        p.procedure_date AS fact_date,
        'procedure_occurrence' AS cdm_table,
        p.procedure_occurrence_id AS row_id,
        NULL AS denied_by
    FROM cdm.procedure_occurrence AS p SEMI JOIN work.person AS w ON p.person_id = w.person_id
    UNION ALL
    SELECT
        m.person_id,
        m.measurement_concept_id AS concept_id,
        m.measurement_date AS fact_date,
        'measurement' AS cdm_table,
        m.measurement_id AS row_id,
        m.value_as_concept_id AS denied_by
    FROM cdm.measurement AS m SEMI JOIN work.person AS w ON m.person_id = w.person_id
    UNION ALL
    SELECT
        m.person_id,
        m.value_as_concept_id AS concept_id,
        m.measurement_date AS fact_date,
        'measurement' AS cdm_table,
        m.measurement_id AS row_id,
        NULL AS denied_by
    FROM cdm.measurement AS m SEMI JOIN work.person AS w ON m.person_id = w.person_id
    WHERE m.value_as_concept_id IS NOT NULL
)

SELECT
    f.person_id,
    c.registry,
    c.role,
    f.fact_date,
    f.cdm_table,
    f.row_id,
    min(f.concept_id) AS concept_id
FROM coded AS f
INNER JOIN episode_concept AS c ON f.concept_id = c.concept_id AND c.role IN ('disease', 'metastatic')
ANTI JOIN
    episode_concept AS n
    ON f.denied_by = n.concept_id AND c.registry = n.registry AND n.role = 'negative'
GROUP BY f.person_id, c.registry, c.role, f.fact_date, f.cdm_table, f.row_id
