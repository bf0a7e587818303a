SELECT person_id
FROM changed_drug_exposure
WHERE drug_concept_id <> 0
