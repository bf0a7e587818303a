-- Organization and Location: a care site each. Not yet coded: `kind` is a CodeableConcept.
SELECT
    o.resource,
    o.type[1] AS kind
FROM fhir.organization AS o
UNION ALL
SELECT
    l.resource,
    l.type[1] AS kind
FROM fhir.location AS l
