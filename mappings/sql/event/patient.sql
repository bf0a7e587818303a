-- Patient: a row each. Not yet coded: `gender`, `race` and `ethnicity` are CodeableConcepts; race and ethnicity are
-- the OMB categories of US Core. Of the address (home, else the first) only state and country are read.
SELECT
    p.resource,
    p.birthDate AS birth_text,
    p.deceasedDateTime AS death_text,
    coded('http://hl7.org/fhir/administrative-gender', p.gender) AS gender,
    us_core_category(p.extension, 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-race') AS race,
    us_core_category(p.extension, 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity') AS ethnicity,
    coalesce(list_filter(p.address, LAMBDA a: a.use = 'home')[1], p.address[1]) AS address,
    first_provider(p.source, p.generalPractitioner) AS provider_id,
    reference_key(p.source, p.managingOrganization, 'Organization') AS care_site_id
FROM fhir.patient AS p
