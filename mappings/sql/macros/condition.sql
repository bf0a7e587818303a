-- Condition: ICD-O-3 histology and topography.

CREATE OR REPLACE TEMP MACRO icdo3_codes(concepts, code_pattern) AS list_filter(
    flatten(list_transform(concepts, LAMBDA one_concept: list_transform(
        list_filter(one_concept.coding, LAMBDA one_coding: one_coding.system IN (
            'http://terminology.hl7.org/CodeSystem/icd-o-3', 'urn:oid:2.16.840.1.113883.6.43.1'
        )),
        LAMBDA one_coding: one_coding.code
    ))),
    LAMBDA one_code: regexp_full_match(one_code, code_pattern)
);

-- ICD-O-3 names a tumour by morphology and topography together: '8890/3-C49.2'. The morphology is mCODE's histology
-- extension or stands beside the diagnosis; the topography is the body site.
CREATE OR REPLACE TEMP MACRO icdo3_pair(concept, extensions, body_sites) AS
icdo3_codes(
    [
        extension_of(
            extensions, ['http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior']
        ).valueCodeableConcept,
        concept
    ],
    '\d{4}/\d'
)[1] || '-' || icdo3_codes(body_sites, 'C\d{2}(\.\d)?')[1];

CREATE OR REPLACE TEMP MACRO with_histology(concept, extensions, body_sites) AS CASE
    WHEN icdo3_pair(concept, extensions, body_sites) IS NULL THEN concept
    ELSE codeable(
        list_prepend(
            coding('http://terminology.hl7.org/CodeSystem/icd-o-3', icdo3_pair(concept, extensions, body_sites)),
            concept.coding
        ),
        concept.text
    )
END;
