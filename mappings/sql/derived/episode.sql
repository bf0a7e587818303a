-- Episodes by the rules of the installed registries (OMOP CDM v5.4, oncology): a line of therapy is a treatment
-- regimen, numbered as line; the disease's first occurrence, its first sign of being metastatic, and each progression.
-- All belong to the first occurrence of the same registry's disease, where there is one. The rows that make them are
-- found by sql/episode.
WITH first_occurrence AS (
    SELECT DISTINCT
        row_key,
        person_id,
        registry
    FROM episode_part
    WHERE concept_id = episode_first_occurrence()
)

SELECT
    p.row_key,
    'rules of ' || any_value(p.registry) AS derivation,
    any_value(p.person_id) AS person_id,
    any_value(p.concept_id) AS episode_concept_id,
    any_value(p.start_date) AS episode_start_date,
    NULL::TIMESTAMP AS episode_start_datetime,
    any_value(p.end_date) AS episode_end_date,
    NULL::TIMESTAMP AS episode_end_datetime,
    any_value(f.row_key) AS episode_parent_id,
    any_value(p.episode_number)::INTEGER AS episode_number,
    any_value(p.object_concept_id) AS episode_object_concept_id,
    type_standard_algorithm() AS episode_type_concept_id,
    left(any_value(p.source_value), 50) AS episode_source_value,
    NULL::INTEGER AS episode_source_concept_id
FROM episode_part AS p
LEFT JOIN first_occurrence AS f
    ON p.person_id = f.person_id AND p.registry = f.registry AND p.row_key <> f.row_key
GROUP BY p.row_key
