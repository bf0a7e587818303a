-- Practitioner and PractitionerRole: a provider each, as records refer to the one or the other. Not yet coded:
-- `specialty` is a CodeableConcept.
SELECT p.resource
FROM fhir.practitioner AS p
UNION ALL BY NAME
SELECT
    r.resource,
    r.specialty[1] AS specialty,
    care_site_key(r.source, r.organization, r.location[1]) AS care_site_id
FROM fhir.practitioner_role AS r
