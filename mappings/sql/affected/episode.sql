-- What the rules of the registries name, in any role.
WITH coded AS (
    SELECT
        person_id,
        unnest([drug_concept_id, drug_source_concept_id]) AS concept_id
    FROM changed_drug_exposure
    UNION ALL
    SELECT
        person_id,
        unnest([condition_concept_id, condition_source_concept_id]) AS concept_id
    FROM changed_condition_occurrence
    UNION ALL
    SELECT
        person_id,
        procedure_concept_id AS concept_id
    FROM changed_procedure_occurrence
    UNION ALL
    SELECT
        person_id,
        unnest([measurement_concept_id, value_as_concept_id]) AS concept_id
    FROM changed_measurement
    UNION ALL
    SELECT
        person_id,
        observation_concept_id AS concept_id
    FROM changed_observation
)

SELECT coded.person_id
FROM coded
SEMI JOIN episode_concept ON coded.concept_id = episode_concept.concept_id
