SELECT person_id
FROM changed_condition_occurrence
WHERE condition_concept_id <> 0
