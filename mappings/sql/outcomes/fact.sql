-- Whatever says, up to the cut, that a concept of some concept set holds of a person: conditions (standard or source
-- concept), procedures, episodes, and measurements (by their concept unless the value denies it, or by their value).
-- Not observations: they hold tentative diagnoses and those of the family.
WITH coded AS (
    SELECT
        person_id,
        unnest([condition_concept_id, condition_source_concept_id]) AS concept_id,
        condition_start_date AS fact_date,
        'condition_occurrence' AS cdm_table,
        condition_occurrence_id AS cdm_row_id
    FROM cdm.condition_occurrence
    WHERE condition_start_date <= $data_cut
    UNION ALL
    SELECT
        person_id,
        procedure_concept_id AS concept_id,
        procedure_date AS fact_date,
        'procedure_occurrence' AS cdm_table,
        procedure_occurrence_id AS cdm_row_id
    FROM cdm.procedure_occurrence
    WHERE procedure_date <= $data_cut
    UNION ALL
    SELECT
        person_id,
        episode_concept_id AS concept_id,
        episode_start_date AS fact_date,
        'episode' AS cdm_table,
        episode_id AS cdm_row_id
    FROM cdm.episode
    WHERE episode_start_date <= $data_cut
    UNION ALL
    SELECT
        person_id,
        concept_id,
        finding_date AS fact_date,
        cdm_table,
        cdm_row_id
    FROM finding
    WHERE
        cdm_table = 'measurement'
        AND (
            value_as_concept_id IS NULL
            OR value_as_concept_id NOT IN (
                SELECT concept_id FROM concept_member
                WHERE concept_set = $negative_values
            )
        )
    UNION ALL
    SELECT
        person_id,
        value_as_concept_id AS concept_id,
        finding_date AS fact_date,
        cdm_table,
        cdm_row_id
    FROM finding
    WHERE cdm_table = 'measurement'
)

SELECT DISTINCT
    person_id,
    concept_id,
    fact_date,
    cdm_table,
    cdm_row_id
FROM coded
WHERE concept_id IN (SELECT concept_id FROM concept_member)
