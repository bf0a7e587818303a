-- AdverseEvent: the extensions of its research guides, suspects, grades.

-- The grade as the adverse event research guides (R4 backport, R5) and mCODE/ICARE spell it.
CREATE OR REPLACE TEMP MACRO grade_urls() AS [
    'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/ae-grade',
    'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/severity-or-grade',
    'http://hl7.org/fhir/uv/ae-research-ig/StructureDefinition/ae-grade',
    'http://hl7.org/fhir/us/ctcae/StructureDefinition/ctcae-grade'
];

CREATE OR REPLACE TEMP MACRO resolved_date_urls() AS [
    'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/resolve-date',
    'http://hl7.org/fhir/us/ctcae/StructureDefinition/adverse-event-resolved-date'
];

CREATE OR REPLACE TEMP MACRO suspects_of(entities, extensions) AS list_concat(
    list_transform(
        entities,
        LAMBDA entity: struct_pack(
            instance := entity.instance,
            named := cast(NULL AS STRUCT(coding STRUCT(system varchar, code varchar, display varchar)[], text varchar)),
            causality := entity.causality[1].assessment
        )
    ),
    list_transform(
        list_filter(
            extensions,
            LAMBDA extended: extended.url
            = 'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/suspect-entity'
        ),
        LAMBDA extended: struct_pack(
            instance := extension_of(extended.extension, ['instance']).valueReference,
            named := extension_of(extended.extension, ['instance']).valueCodeableConcept,
            causality := extension_of(
                extension_of(extended.extension, ['causality']).extension, ['entityRelatedness']
            ).valueCodeableConcept
        )
    )
);

CREATE OR REPLACE TEMP MACRO grade_of(grade_concept) AS CASE grade_concept
    WHEN ae_grade_1() THEN 1
    WHEN ae_grade_2() THEN 2
    WHEN ae_grade_3() THEN 3
    WHEN ae_grade_4() THEN 4
    WHEN ae_grade_5() THEN 5
END;
