-- Medication: what a drug record refers to. `drug` is a CodeableConcept: the code, then that of the sole ingredient. A
-- row each, and one for each identifier by which it is referred to.
SELECT
    m.resource,
    drug_content(m.code, m.ingredient) AS drug
FROM fhir.medication AS m
UNION ALL
SELECT
    a.alias_key,
    drug_content(m.code, m.ingredient) AS drug
FROM fhir.medication AS m INNER JOIN state.alias AS a ON m.resource = a.stands_for
