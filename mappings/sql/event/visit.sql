-- Encounter: a row each; its provider is the participant who attended or performed, else the first. Not yet coded:
-- `visit_class`, `admitted_from` and `discharged_to` are CodeableConcepts.
SELECT
    e.resource,
    e.status,
    e.period.start AS start_text,
    e.period."end" AS end_text,
    e.hospitalization.admitSource AS admitted_from,
    e.hospitalization.dischargeDisposition AS discharged_to,
    patient_key(e.source, e.subject) AS person_id,
    coalesce(
        first_provider(
            e.source,
            list_transform(
                list_filter(e.participant, LAMBDA p: list_has_any(codes_of(p.type), ['ATND', 'PPRF'])),
                LAMBDA p: p.individual
            )
        ),
        first_provider(e.source, list_transform(e.participant, LAMBDA p: p.individual))
    ) AS provider_id,
    care_site_key(e.source, e.serviceProvider, e.location[1].location) AS care_site_id,
    coded(coalesce(e.class.system, 'http://terminology.hl7.org/CodeSystem/v3-ActCode'), e.class.code) AS visit_class
FROM fhir.encounter AS e
