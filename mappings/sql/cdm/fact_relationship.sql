-- The drug exposures suspected of an adverse event: fact 1 is a row of the event's term, fact 2 the exposure; one way
-- only, so that the order says which is which. Domains and relationship have no verified concept: 0. What is not in the
-- CDM (a drug not given, a patient who has not arrived) is linked when it comes.
SELECT
    e.resource,
    concat_ws('.', 'suspect' || s.suspect_no, nullif(e.slot, '0')) AS slot,
    e.derivation,
    0 AS domain_concept_id_1,
    e.cdm_table || ':' || row_key(e.resource, e.slot) AS fact_id_1,
    0 AS domain_concept_id_2,
    'drug_exposure:' || s.exposure_key AS fact_id_2,
    0 AS relationship_concept_id
FROM clinical_event AS e INNER JOIN suspect_event AS s ON e.resource = s.resource
WHERE split_part(e.slot, '.', 1) = '0' AND s.exposure_key IS NOT NULL
