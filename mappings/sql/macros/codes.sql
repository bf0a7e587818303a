-- CodeableConcepts, units and the tables that concepts belong to.

CREATE OR REPLACE TEMP MACRO codeable(codings, free_text) AS cast(
    struct_pack(coding := codings, text := free_text)
    AS STRUCT(coding STRUCT("system" varchar, code varchar, display varchar)[], "text" varchar)
);

CREATE OR REPLACE TEMP MACRO coding(coding_system, coding_code) AS
struct_pack(system := coding_system, code := coding_code, display := cast(NULL AS varchar));

-- A bare code as a CodeableConcept; NULL if there is none.
CREATE OR REPLACE TEMP MACRO coded(coding_system, coding_code) AS CASE
    WHEN coding_code IS NOT NULL THEN codeable([coding(coding_system, coding_code)], NULL)
END;

-- The same CodeableConcept with its codings taken as codes of another system: sites spell grades and outcomes
-- with codes of several systems, and one code can mean a grade here and an outcome there.
CREATE OR REPLACE TEMP MACRO recoded(concept, coding_system) AS CASE
    WHEN concept IS NOT NULL THEN codeable(
        list_transform(
            concept.coding,
            LAMBDA one_coding: struct_pack(
                system := coding_system, code := one_coding.code, display := one_coding.display
            )
        ),
        concept.text
    )
END;

-- UCUM unless another system is named. A unit without a code is looked up as code and as text: it has a display.
CREATE OR REPLACE TEMP MACRO unit_of(quantity) AS CASE
    WHEN coalesce(quantity.code, quantity.unit) IS NOT NULL THEN codeable(
        [struct_pack(
            system := coalesce(quantity.system, 'http://unitsofmeasure.org'),
            code := coalesce(quantity.code, quantity.unit),
            display := CASE WHEN quantity.code IS NULL THEN quantity.unit END
        )], NULL
    )
END;

-- Used as: 'event' (what was found or done), 'drug', 'unit', 'place', 'specialty', or 'value' (answers, classes ...):
-- one text can mean a laboratory test as a code and a response as an answer.
CREATE OR REPLACE TEMP MACRO codeable_key(used_as, concept) AS
CASE WHEN concept IS NOT NULL THEN hash(used_as, concept) END;

-- The code that HL7's required value set of a status wants: beside it, a site may code the status in its own words.
CREATE OR REPLACE TEMP MACRO status_code(concept, system_name) AS coalesce(
    list_filter(
        concept.coding,
        LAMBDA one_coding: one_coding.system = 'http://terminology.hl7.org/CodeSystem/' || system_name
    )[1].code,
    concept.coding[1].code
);

CREATE OR REPLACE TEMP MACRO codes_of(concepts) AS
flatten(list_transform(
    concepts, LAMBDA one_concept: list_transform(one_concept.coding, LAMBDA one_coding: one_coding.code)
));

CREATE OR REPLACE TEMP MACRO extension_of(extensions, urls) AS
list_filter(extensions, LAMBDA one_extension: list_contains(urls, one_extension.url))[1];

-- The table that a concept's domain belongs to; a domain without a table of ours stays in the resource's own.
CREATE OR REPLACE TEMP MACRO table_of(domain, own_table) AS CASE domain
    WHEN 'Condition' THEN 'condition_occurrence'
    WHEN 'Procedure' THEN 'procedure_occurrence'
    WHEN 'Measurement' THEN 'measurement'
    WHEN 'Observation' THEN 'observation'
    ELSE own_table
END;

-- CDM's field that a polymorphic event id points to; observation.observation_id has no verified concept.
CREATE OR REPLACE TEMP MACRO field_of(cdm_table) AS CASE cdm_table
    WHEN 'condition_occurrence' THEN field_condition_occurrence()
    WHEN 'procedure_occurrence' THEN field_procedure_occurrence()
    WHEN 'measurement' THEN field_measurement()
    WHEN 'observation' THEN 0
END;

-- Whether a concept of a domain can be meant: a text such as 'CR' is a response as an answer, but no measurement.
CREATE OR REPLACE TEMP MACRO suits(used_as, domain) AS CASE used_as
    WHEN 'drug' THEN domain = 'Drug'
    WHEN 'unit' THEN domain = 'Unit'
    WHEN 'place' THEN domain = 'Visit'
    WHEN 'specialty' THEN domain = 'Provider'
    WHEN 'event' THEN domain IN ('Condition', 'Procedure', 'Measurement', 'Observation')
    ELSE domain <> 'Unit'
END;
