-- What is suspected of an adverse event: R4's suspectEntity, or the backport guide's suspect-entity extension with its
-- causality one level down. `drug` is the suspect's CodeableConcept, looked up among all current resources.
WITH entity AS (
    SELECT
        s.resource,
        s.source,
        s.contained,
        s.entity.instance,
        s.entity.named,
        s.entity.causality,
        s.suspect_no,
        reference_key(s.source, s.entity.instance, NULL) AS instance_key
    FROM (
        SELECT
            a.resource,
            a.source,
            a.contained,
            unnest(suspects_of(a.suspectEntity, a.extension)) AS entity,
            generate_subscripts(suspects_of(a.suspectEntity, a.extension), 1) - 1 AS suspect_no
        FROM fhir.adverse_event AS a
    ) AS s
),

exposure AS (
    SELECT
        s.resource,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_administration AS s
    UNION ALL BY NAME
    SELECT
        s.resource,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_dispense AS s
    UNION ALL BY NAME
    SELECT
        s.resource,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_request AS s
    UNION ALL BY NAME
    SELECT
        s.resource,
        s.source,
        s.medicationCodeableConcept,
        s.medicationReference,
        s.contained
    FROM staged.medication_statement AS s
),

exposed AS (
    SELECT
        e.*,
        x.medicationCodeableConcept AS code,
        coalesce(x.medicationReference, e.instance) AS reference,
        coalesce(x.contained, e.contained) AS documents,
        coalesce(reference_key(x.source, x.medicationReference, 'Medication'), e.instance_key) AS medication_key
    FROM entity AS e LEFT JOIN exposure AS x ON e.instance_key = x.resource
)

SELECT
    e.resource,
    e.suspect_no,
    e.causality,
    reference_type(e.instance_key) AS suspect_type,
    drug_of(coalesce(e.named, e.code), e.reference, e.documents, m.drug) AS drug
FROM exposed AS e LEFT JOIN medication_event AS m ON e.medication_key = m.resource
