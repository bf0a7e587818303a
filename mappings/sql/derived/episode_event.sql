-- The rows that make an episode. A row of the table observation has no verified field concept: 0.
SELECT
    concat_ws('/', p.row_key, p.cdm_table, p.row_id) AS row_key,
    'rules of ' || p.registry AS derivation,
    p.row_key AS episode_id,
    p.row_id AS event_id,
    CASE
        WHEN p.cdm_table = 'drug_exposure' THEN field_drug_exposure()
        ELSE field_of(p.cdm_table)
    END AS episode_event_field_concept_id
FROM episode_part AS p
