-- Medication: what a drug record refers to. `drug` is a CodeableConcept: the code, then that of the sole ingredient.
SELECT
    m.resource,
    drug_content(m.code, m.ingredient) AS drug
FROM fhir.medication AS m
