SELECT person_id
FROM changed_drug_exposure
WHERE drug_concept_id <> 0 AND quantity > 0 AND days_supply > 0
