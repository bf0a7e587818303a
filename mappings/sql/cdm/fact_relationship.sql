-- The drug exposures suspected of an adverse event: fact 1 is a row of the event's term, fact 2 the exposure; one way
-- only, so that the order says which is which. The domains' concepts are those of a loaded vocabulary, else 0; the
-- relationship has no verified concept: 0. What is not in the CDM (a drug not given, a patient who has not arrived) is
-- linked when it comes.
SELECT
    e.resource,
    concat_ws('.', 'suspect' || s.suspect_no, nullif(e.slot, '0')) AS slot,
    e.derivation,
    coalesce(t.domain_concept_id, 0) AS domain_concept_id_1,
    e.cdm_table || ':' || row_key(e.resource, e.slot) AS fact_id_1,
    coalesce(d.domain_concept_id, 0) AS domain_concept_id_2,
    'drug_exposure:' || s.exposure_key AS fact_id_2,
    0 AS relationship_concept_id
FROM clinical_event AS e
INNER JOIN suspect_event AS s ON e.resource = s.resource
LEFT JOIN vocabulary_domain AS t
    ON t.domain_id = CASE e.cdm_table
        WHEN 'condition_occurrence' THEN 'Condition'
        WHEN 'procedure_occurrence' THEN 'Procedure'
        WHEN 'measurement' THEN 'Measurement'
        WHEN 'observation' THEN 'Observation'
    END
LEFT JOIN vocabulary_domain AS d ON d.domain_id = 'Drug'
WHERE split_part(e.slot, '.', 1) = '0' AND s.exposure_key IS NOT NULL
