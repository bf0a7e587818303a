-- Encounter: a row each. Not yet coded: `visit_class`, `admitted_from` and `discharged_to` are CodeableConcepts.
SELECT
    e.resource,
    e.status,
    e.period.start AS start_text,
    e.period."end" AS end_text,
    e.hospitalization.admitSource AS admitted_from,
    e.hospitalization.dischargeDisposition AS discharged_to,
    patient_key(e.source, e.subject) AS person_id,
    coded(coalesce(e.class.system, 'http://terminology.hl7.org/CodeSystem/v3-ActCode'), e.class.code) AS visit_class
FROM fhir.encounter AS e
