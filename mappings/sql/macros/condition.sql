-- Condition: ICD-O-3 histology and topography, metastatic sites.

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
CREATE OR REPLACE TEMP MACRO histology_of(extensions) AS extension_of(
    extensions, ['http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-histology-morphology-behavior']
).valueCodeableConcept;

CREATE OR REPLACE TEMP MACRO icdo3_pair(concept, extensions, body_sites) AS
icdo3_codes([histology_of(extensions), concept], '\d{4}/\d')[1] || '-' || icdo3_codes(body_sites, 'C\d{2}(\.\d)?')[1];

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

-- A histology that is not part of such a pair, so that the diagnosis does not tell it.
CREATE OR REPLACE TEMP MACRO untold_histology(concept, extensions, body_sites) AS CASE
    WHEN
        icdo3_pair(concept, extensions, body_sites) IS NULL
        OR len(icdo3_codes([histology_of(extensions)], '\d{4}/\d')) = 0
        THEN histology_of(extensions)
END;

CREATE OR REPLACE TEMP MACRO is_secondary(coding_system, coding_code) AS coalesce(
    (coding_system = 'http://snomed.info/sct' AND coding_code IN ('94391008', '94381002', '94225005', '128462008'))
    OR (starts_with(coding_system, 'http://hl7.org/fhir/sid/icd-10') AND regexp_matches(coding_code, '^C7[89]')),
    FALSE
);

-- The codes of a secondary tumour, for the Cancer Modifier that they say beside the diagnosis; NULL of anything else.
-- Of ICD-10 the four characters that all editions share.
CREATE OR REPLACE TEMP MACRO secondary_tumour(concept) AS CASE
    WHEN
        len(list_filter(concept.coding, LAMBDA one_coding: is_secondary(one_coding.system, one_coding.code))) > 0
        THEN codeable(
            list_transform(
                list_filter(concept.coding, LAMBDA one_coding: is_secondary(one_coding.system, one_coding.code)),
                LAMBDA one_coding: coding(
                    'urn:onco-registry:secondary-tumour',
                    CASE WHEN starts_with(one_coding.code, 'C') THEN one_coding.code[:5] ELSE one_coding.code END
                )
            ), NULL
        )
END;

-- A body site of such a tumour.
CREATE OR REPLACE TEMP MACRO metastatic_site(body_site) AS codeable(
    list_transform(
        body_site.coding, LAMBDA one_coding: coding('urn:onco-registry:metastatic-site', one_coding.code)
    ), NULL
);

-- When it was first asserted, where neither onset nor recordedDate says more.
CREATE OR REPLACE TEMP MACRO asserted_date(extensions) AS
extension_of(extensions, ['http://hl7.org/fhir/StructureDefinition/condition-assertedDate']).valueDateTime;
