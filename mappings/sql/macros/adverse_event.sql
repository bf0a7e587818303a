-- AdverseEvent: the extensions of its research guides, grades, seriousness criteria, suspects.

-- An extension of the adverse event research guides: R4 backport, R5.
CREATE OR REPLACE TEMP MACRO research_urls(extension_name) AS [
    'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/' || extension_name,
    'http://hl7.org/fhir/uv/ae-research-ig/StructureDefinition/' || extension_name
];

-- The grade as these guides and mCODE/ICARE spell it.
CREATE OR REPLACE TEMP MACRO grade_urls() AS list_concat(
    list_concat(research_urls('ae-grade'), research_urls('severity-or-grade')),
    ['http://hl7.org/fhir/us/ctcae/StructureDefinition/ctcae-grade']
);

CREATE OR REPLACE TEMP MACRO resolved_date_urls() AS list_append(
    research_urls('resolve-date'), 'http://hl7.org/fhir/us/ctcae/StructureDefinition/adverse-event-resolved-date'
);

-- A number from 0 to 5, alone or as hospitals write grades. Any other text stays one: it may name a person.
CREATE OR REPLACE TEMP MACRO is_grade_text(free_text) AS
coalesce(regexp_full_match(trim(free_text), '(?i)((ctcae\s*)?grade\s*|g)?[0-5]\s*[级度]?'), FALSE);

-- The guides bind the grade to a CodeableConcept; others send Coding, code, integer or string.
CREATE OR REPLACE TEMP MACRO stated_grade(extended) AS CASE
    WHEN extended.valueCodeableConcept IS NOT NULL THEN extended.valueCodeableConcept
    WHEN extended.valueCoding IS NOT NULL THEN codeable([extended.valueCoding], NULL)
    WHEN extended.valueCode IS NOT NULL THEN coded(NULL, extended.valueCode)
    WHEN extended.valueInteger IS NOT NULL THEN coded(NULL, extended.valueInteger)
    WHEN extended.valueString IS NOT NULL THEN codeable(NULL, extended.valueString)
END;

CREATE OR REPLACE TEMP MACRO stated_grades(extensions) AS list_transform(
    list_filter(extensions, LAMBDA extended: list_contains(grade_urls(), extended.url)),
    LAMBDA extended: stated_grade(extended)
);

-- The resource's own extension, or one within another extension, or one on severity; never the severity itself.
CREATE OR REPLACE TEMP MACRO recorded_grade(extensions, severity_extensions) AS flatten([
    stated_grades(extensions),
    flatten(list_transform(extensions, LAMBDA outer_extension: stated_grades(outer_extension.extension))),
    stated_grades(severity_extensions)
])[1];

-- Coded as a grade, its text taken for a code where it is nothing but a grade. (A macro repeats its argument: the list
-- has the grade worked out once.)
CREATE OR REPLACE TEMP MACRO graded(concept) AS list_transform(
    [recoded(concept, 'urn:onco-registry:ae-grade')],
    LAMBDA one_grade: CASE
        WHEN is_grade_text(one_grade.text)
            THEN codeable(
                list_append(
                    one_grade.coding,
                    coding('urn:onco-registry:ae-grade', regexp_extract(one_grade.text, '[0-5]'))
                ),
                one_grade.text
            )
        ELSE one_grade
    END
)[1];

-- Grade 0 says that the event did not occur (the CTCAE has grades 1 to 5; ICARE's profile allows 0 for absence).
CREATE OR REPLACE TEMP MACRO is_grade_zero(concept) AS list_bool_or(list_transform(
    list_append(list_transform(concept.coding, LAMBDA one_coding: one_coding.code), concept.text),
    LAMBDA written: is_grade_text(written) AND regexp_extract(written, '[0-5]') = '0'
));

-- The criteria that make the event serious (ICH E2A); a criterion said to be absent is none.
CREATE OR REPLACE TEMP MACRO criteria_of(extensions) AS list_filter(
    list_transform(
        extensions,
        LAMBDA extended: CASE
            WHEN
                list_contains(research_urls('seriousness-criteria'), extended.url)
                AND coalesce(extension_of(extended.extension, ['criterionPresent']).valueBoolean, 'true') <> 'false'
                THEN extension_of(extended.extension, ['criterionCode']).valueCodeableConcept
            WHEN
                extended.url = 'http://hl7.org/fhir/us/ctcae/StructureDefinition/adverse-event-seriousness-outcome'
                THEN extended.valueCodeableConcept
        END
    ),
    LAMBDA criterion: criterion IS NOT NULL
);

CREATE OR REPLACE TEMP MACRO assessed(assessment, method) AS struct_pack(assessment := assessment, method := method);

-- R4 suspectEntity; its productRelatedness is a text: a judgement of its own beside an assessment, after all others.
CREATE OR REPLACE TEMP MACRO suspects_of(entities, extensions) AS list_concat(
    list_transform(
        entities,
        LAMBDA entity: struct_pack(
            instance := entity.instance,
            named := cast(NULL AS STRUCT(coding STRUCT(system varchar, code varchar, display varchar)[], text varchar)),
            causalities := list_concat(
                list_transform(
                    entity.causality,
                    LAMBDA judged: assessed(
                        CASE
                            WHEN judged.assessment IS NOT NULL THEN judged.assessment
                            WHEN judged.productRelatedness IS NOT NULL THEN codeable(NULL, judged.productRelatedness)
                        END,
                        judged.method
                    )
                ),
                list_transform(
                    list_filter(
                        entity.causality,
                        LAMBDA judged: judged.assessment IS NOT NULL AND judged.productRelatedness IS NOT NULL
                    ),
                    LAMBDA judged: assessed(codeable(NULL, judged.productRelatedness), NULL)
                )
            )
        )
    ),
    list_transform(
        list_filter(
            extensions, LAMBDA extended: list_contains(research_urls('suspect-entity'), extended.url)
        ),
        LAMBDA extended: struct_pack(
            instance := extension_of(extended.extension, ['instance']).valueReference,
            named := extension_of(extended.extension, ['instance']).valueCodeableConcept,
            causalities := list_transform(
                list_filter(extended.extension, LAMBDA judged: judged.url = 'causality'),
                LAMBDA judged: assessed(
                    extension_of(judged.extension, ['entityRelatedness']).valueCodeableConcept,
                    extension_of(judged.extension, ['assessmentMethod']).valueCodeableConcept
                )
            )
        )
    )
);

-- A urn:uuid, or an identifier, that does not say its type can be that of any drug record, or of a Medication.
CREATE OR REPLACE TEMP MACRO suspect_keys(source_name, reference) AS CASE
    WHEN coalesce(reference.reference, 'urn:') LIKE 'urn:%' AND reference.type IS NULL
        THEN list_transform(
            [
                'MedicationAdministration', 'MedicationDispense', 'MedicationRequest', 'MedicationStatement',
                'Medication'
            ],
            LAMBDA one_type: reference_key(source_name, reference, one_type)
        )
    ELSE [reference_key(source_name, reference, NULL)]
END;

-- What is no drug is named by its kind only: the text of a Device or a ResearchStudy names no suspect drug.
CREATE OR REPLACE TEMP MACRO is_no_drug(resource_type) AS coalesce(
    resource_type IN ('Device', 'Procedure', 'ResearchStudy', 'Observation', 'Condition'), FALSE
);

-- A Reference's type is any text: only FHIR's own names of what can be suspected are published.
CREATE OR REPLACE TEMP MACRO kind_of_suspect(resource_type) AS CASE
    WHEN
        is_no_drug(resource_type)
        OR resource_type IN ('Immunization', 'Substance', 'BiologicallyDerivedProduct')
        OR regexp_full_match(resource_type, 'Medication(Administration|Dispense|Request|Statement)?')
        THEN resource_type
END;

CREATE OR REPLACE TEMP MACRO grade_of(grade_concept) AS CASE grade_concept
    WHEN ae_grade_1() THEN 1
    WHEN ae_grade_2() THEN 2
    WHEN ae_grade_3() THEN 3
    WHEN ae_grade_4() THEN 4
    WHEN ae_grade_5() THEN 5
END;
