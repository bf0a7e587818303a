-- Persons who enter the attrition: any fact or exposure of the cohort's entry concept sets.
SELECT fact.person_id
FROM fact
INNER JOIN concept_member AS concept ON fact.concept_id = concept.concept_id
WHERE list_contains($entry_sets, concept.concept_set)
UNION
SELECT person_id
FROM exposure_record
WHERE list_contains($entry_sets, concept_set)
