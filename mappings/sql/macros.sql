-- Macros of the SELECTs. Temporary: they live in the connection, so the secret of keyed_hash is never stored.
-- Session variables: onco_secret, onco_extract_date. The session time zone is the hospital's.

CREATE OR REPLACE TEMP MACRO extract_date() AS getvariable('onco_extract_date');

-- ---------------------------------------------------------------- dates

-- FHIR date, dateTime or instant (seconds may be missing) in a form that DuckDB casts.
CREATE OR REPLACE TEMP MACRO full_text(fhir_text) AS CASE
    WHEN length(fhir_text) = 4 THEN fhir_text || '-01-01'
    WHEN length(fhir_text) = 7 THEN fhir_text || '-01'
    WHEN length(fhir_text) > 10 AND substr(fhir_text, 17, 1) <> ':' THEN fhir_text[:16] || ':00' || fhir_text[17:]
    ELSE fhir_text
END;

-- In the hospital's time zone; bare dates are literal, at midnight; a partial date is the first day of its period.
CREATE OR REPLACE TEMP MACRO fhir_datetime(fhir_text) AS CASE
    WHEN length(fhir_text) > 10 THEN cast(try_cast(full_text(fhir_text) AS timestamptz) AS timestamp)
    ELSE cast(try_cast(full_text(fhir_text) AS date) AS timestamp)
END;

CREATE OR REPLACE TEMP MACRO fhir_date(fhir_text) AS cast(fhir_datetime(fhir_text) AS date);

-- A partial end lies in its period, so not before the start.
CREATE OR REPLACE TEMP MACRO end_datetime(end_text, start_text) AS CASE
    WHEN end_text IS NOT NULL THEN greatest(fhir_datetime(end_text), fhir_datetime(start_text))
END;

-- A real date, written as FHIR does.
CREATE OR REPLACE TEMP MACRO is_fhir_date(fhir_text) AS regexp_full_match(
    fhir_text, '\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?'
) AND fhir_datetime(fhir_text) IS NOT NULL;

CREATE OR REPLACE TEMP MACRO is_wrong_date(fhir_text) AS fhir_text IS NOT NULL AND NOT is_fhir_date(fhir_text);

-- The last day that a date, partial or not, can mean.
CREATE OR REPLACE TEMP MACRO last_date(fhir_text) AS CASE length(fhir_text)
    WHEN 4 THEN make_date(year(fhir_date(fhir_text)), 12, 31)
    WHEN 7 THEN last_day(fhir_date(fhir_text))
    ELSE fhir_date(fhir_text)
END;

-- The end before the start, whatever days of their periods they are.
CREATE OR REPLACE TEMP MACRO is_reversed(start_text, end_text) AS
coalesce(last_date(end_text) < fhir_date(start_text), FALSE);

CREATE OR REPLACE TEMP MACRO precision_of(fhir_text) AS
CASE length(fhir_text) WHEN 4 THEN 'year' WHEN 7 THEN 'month' END;

-- How a row's dates came about: 'date: recordedDate; precision: month; end: start + 29 days'. NULL if as recorded.
CREATE OR REPLACE TEMP MACRO derivation_of(date_from, start_text, end_from) AS nullif(concat_ws(
    '; ',
    'date: ' || date_from,
    'precision: ' || precision_of(start_text),
    'end: ' || end_from
), '');

-- ---------------------------------------------------------------- references

-- Natural key of what a Reference points to: relative, absolute, versioned, urn:uuid (its type, or the sole target's).
CREATE OR REPLACE TEMP MACRO reference_key(source_name, reference, sole_target) AS CASE
    WHEN reference.reference LIKE 'urn:%'
        THEN concat_ws('/', source_name, coalesce(reference.type, sole_target), split_part(reference.reference, ':', 3))
    ELSE source_name || '/' || nullif(
        regexp_extract(reference.reference, '(?:^|/)([A-Z][A-Za-z]+/[^/?#]+)(?:/_history/[^/]+)?$', 1), ''
    )
END;

CREATE OR REPLACE TEMP MACRO reference_type(reference_key) AS split_part(reference_key, '/', -2);

CREATE OR REPLACE TEMP MACRO patient_key(source_name, reference) AS reference_key(source_name, reference, 'Patient');

-- NULL for an EpisodeOfCare: only encounters are visits.
CREATE OR REPLACE TEMP MACRO encounter_key(source_name, reference) AS CASE
    WHEN reference_type(reference_key(source_name, reference, 'Encounter')) = 'Encounter'
        THEN reference_key(source_name, reference, 'Encounter')
END;

CREATE OR REPLACE TEMP MACRO row_key(resource_key, slot_name) AS
resource_key || CASE WHEN slot_name = '' THEN '' ELSE '#' || slot_name END;

-- ---------------------------------------------------------------- texts

-- The free text of one hospital record, so that equal texts can be counted without being read.
CREATE OR REPLACE TEMP MACRO keyed_hash(free_text) AS
'text:' || left(sha256(getvariable('onco_secret') || chr(31) || free_text), 16);

-- As strings.csv is compared: case, surrounding and repeated white space and full-width brackets do not matter.
CREATE OR REPLACE TEMP MACRO plain_text(free_text) AS
regexp_replace(trim(lower(translate(nfc_normalize(free_text), '（）　', '() '))), '\s+', ' ', 'g');

-- Decimals as they are written: 5, not 5.0.
CREATE OR REPLACE TEMP MACRO number_text(number_value) AS CASE
    WHEN ends_with(cast(number_value AS varchar), '.0') THEN left(cast(number_value AS varchar), -2)
    ELSE cast(number_value AS varchar)
END;

-- Postgres has no NUL character.
CREATE OR REPLACE TEMP MACRO has_nul(some_text) AS coalesce(contains(some_text, chr(0)), FALSE);

-- ---------------------------------------------------------------- codes

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

-- Used as: 'event' (what was found or done), 'drug', 'unit', or 'value' (answers, classes ...): one text can mean a
-- laboratory test as a code and a response as an answer.
CREATE OR REPLACE TEMP MACRO codeable_key(used_as, concept) AS
CASE WHEN concept IS NOT NULL THEN hash(used_as, concept) END;

CREATE OR REPLACE TEMP MACRO first_code(concept) AS concept.coding[1].code;

CREATE OR REPLACE TEMP MACRO codes_of(concepts) AS
flatten(list_transform(
    concepts, LAMBDA one_concept: list_transform(one_concept.coding, LAMBDA one_coding: one_coding.code)
));

CREATE OR REPLACE TEMP MACRO codeable_has_nul(concept) AS
coalesce(list_bool_or(list_transform(concept.coding, LAMBDA one_coding: contains(one_coding.code, chr(0)))), FALSE);

CREATE OR REPLACE TEMP MACRO quantity_has_nul(quantity) AS has_nul(quantity.unit) OR has_nul(quantity.code);

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

-- ---------------------------------------------------------------- exclusions

-- FHIR R4, 2.1.0.5: a modifier that is not understood can reverse the meaning. The status of the adverse event
-- research guides (R4 backport) is understood, and read by its own exclusion.
CREATE OR REPLACE TEMP MACRO status_modifiers() AS
['http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status'];

CREATE OR REPLACE TEMP MACRO unsafe(implicit_rules, modifiers, meta_data) AS CASE
    WHEN implicit_rules IS NOT NULL THEN 'implicit-rules'
    WHEN
        len(
            list_filter(
                modifiers, LAMBDA modifier: NOT coalesce(list_contains(status_modifiers(), modifier.url), FALSE)
            )
        )
        > 0
        THEN 'unknown-modifier-extension'
    WHEN len(list_filter(meta_data.tag, LAMBDA one_tag: one_tag.code = 'SUBSETTED')) > 0 THEN 'subsetted'
END;

CREATE OR REPLACE TEMP MACRO modifier_codes(modifiers) AS list_transform(
    modifiers, LAMBDA modifier: modifier.valueCode
);

CREATE OR REPLACE TEMP MACRO wrong_subject(source_name, reference) AS CASE
    WHEN patient_key(source_name, reference) IS NULL THEN 'missing-subject'
    WHEN reference_type(patient_key(source_name, reference)) <> 'Patient' THEN 'subject-not-patient'
END;

-- A start that cannot be read is not a missing one.
CREATE OR REPLACE TEMP MACRO wrong_dates(start_text, end_text) AS CASE
    WHEN is_wrong_date(start_text) OR is_wrong_date(end_text) THEN 'impossible-date'
    WHEN start_text IS NULL THEN 'missing-start-date'
    WHEN is_reversed(start_text, end_text) THEN 'end-before-start'
END;

-- An Observation or a component: what is not written as FHIR R4 does may be a text, and a text may name a person.
CREATE OR REPLACE TEMP MACRO wrong_value(valued) AS CASE
    WHEN
        is_wrong_date(valued.valueDateTime) OR is_wrong_date(valued.valuePeriod.start)
        OR is_wrong_date(valued.valuePeriod."end") THEN 'impossible-date'
    WHEN NOT regexp_full_match(valued.valueInteger, '0|[-+]?[1-9]\d*') THEN 'invalid-value'
    WHEN NOT regexp_full_match(valued.valueTime, '([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?') THEN 'invalid-value'
    WHEN valued.valueQuantity.comparator NOT IN ('<', '<=', '>=', '>') THEN 'invalid-comparator'
END;

-- ---------------------------------------------------------------- per resource

CREATE OR REPLACE TEMP MACRO us_core_category(extensions, extension_url) AS CASE
    WHEN extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding IS NOT NULL
        THEN codeable(
            [extension_of(extension_of(extensions, [extension_url]).extension, ['ombCategory']).valueCoding], NULL
        )
END;

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

-- FHIR's rule: a component is absent when it says why (dataAbsentReason), and then has no value.
CREATE OR REPLACE TEMP MACRO present_components(components) AS
coalesce(len(list_filter(components, LAMBDA one_component: one_component.dataAbsentReason IS NULL)), 0);

CREATE OR REPLACE TEMP MACRO is_valued(
    quantity, concept, string, truth, whole_number, value_range, ratio, time_of_day, date_time, period
) AS quantity IS NOT NULL OR concept IS NOT NULL OR string IS NOT NULL OR truth IS NOT NULL
OR whole_number IS NOT NULL OR value_range IS NOT NULL OR ratio IS NOT NULL OR time_of_day IS NOT NULL
OR date_time IS NOT NULL OR period IS NOT NULL;

CREATE OR REPLACE TEMP MACRO operator_of(comparator) AS CASE comparator
    WHEN '<' THEN operator_less()
    WHEN '<=' THEN operator_less_or_equal()
    WHEN '>' THEN operator_greater()
    WHEN '>=' THEN operator_greater_or_equal()
END;

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

-- The code of a Medication, then that of its ingredient where it has but one.
CREATE OR REPLACE TEMP MACRO drug_content(concept, ingredients) AS CASE
    WHEN len(ingredients) = 1
        THEN
            codeable(
                list_concat(concept.coding, ingredients[1].itemCodeableConcept.coding),
                coalesce(concept.text, ingredients[1].itemCodeableConcept.text)
            )
    ELSE concept
END;

CREATE OR REPLACE TEMP MACRO contained_drug(documents, reference) AS drug_content(
    from_json(
        list_filter(documents, LAMBDA document: document ->> '$.id' = reference.reference[2:])[1] -> '$.code',
        '{"coding": [{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}], "text": "VARCHAR"}'
    ),
    from_json(
        list_filter(documents, LAMBDA document: document ->> '$.id' = reference.reference[2:])[1] -> '$.ingredient',
        '[{"itemCodeableConcept": {"coding": [{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}],
           "text": "VARCHAR"}}]'
    )
);

-- Coded, contained, referred to, or at least named by the reference.
CREATE OR REPLACE TEMP MACRO drug_of(concept, reference, documents, looked_up) AS CASE
    WHEN concept IS NOT NULL THEN concept
    WHEN reference.reference LIKE '#%' THEN contained_drug(documents, reference)
    WHEN looked_up IS NOT NULL THEN looked_up
    WHEN reference.display IS NOT NULL THEN codeable(NULL, reference.display)
END;

CREATE OR REPLACE TEMP MACRO days_in(unit_code) AS CASE unit_code
    WHEN 'h' THEN 1.0 / 24
    WHEN 'd' THEN 1.0
    WHEN 'wk' THEN 7.0
    WHEN 'mo' THEN 30.0
    WHEN 'a' THEN 365.0
END;

-- Whole days that a supply can last, up to ten years; anything else was not meant.
CREATE OR REPLACE TEMP MACRO days_supplied(days) AS
CASE WHEN try_cast(days AS integer) BETWEEN 1 AND 3660 THEN try_cast(days AS integer) END;

CREATE OR REPLACE TEMP MACRO days_of(quantity) AS days_supplied(
    quantity.value * coalesce(days_in(quantity.code), CASE WHEN quantity.code IS NULL THEN 1.0 END)
);

-- Amount taken a day, in the unit of `supplied`; NULL where the dose is in another unit or taken as needed.
CREATE OR REPLACE TEMP MACRO daily_amount(dosage, supplied) AS CASE
    WHEN
        coalesce(cast(dosage.asNeededBoolean AS varchar), 'false') <> 'true'
        AND coalesce(dosage.doseAndRate[1].doseQuantity.code, dosage.doseAndRate[1].doseQuantity.unit)
        = coalesce(supplied.code, supplied.unit)
        THEN
            dosage.doseAndRate[1].doseQuantity.value * try_cast(dosage.timing.repeat.frequency AS double)
            / (nullif(dosage.timing.repeat.period, 0) * days_in(dosage.timing.repeat.periodUnit))
END;

CREATE OR REPLACE TEMP MACRO has_region(address) AS
address.state IS NOT NULL OR address.country IS NOT NULL;

-- CDM's field that a polymorphic event id points to; observation.observation_id has no verified concept.
CREATE OR REPLACE TEMP MACRO field_of(cdm_table) AS CASE cdm_table
    WHEN 'condition_occurrence' THEN field_condition_occurrence()
    WHEN 'procedure_occurrence' THEN field_procedure_occurrence()
    WHEN 'measurement' THEN field_measurement()
    WHEN 'observation' THEN 0
END;

CREATE OR REPLACE TEMP MACRO grade_of(grade_concept) AS CASE grade_concept
    WHEN ae_grade_1() THEN 1
    WHEN ae_grade_2() THEN 2
    WHEN ae_grade_3() THEN 3
    WHEN ae_grade_4() THEN 4
    WHEN ae_grade_5() THEN 5
END;

-- ---------------------------------------------------------------- uses

-- Whether a concept of a domain can be meant: a text such as 'CR' is a response as an answer, but no measurement.
CREATE OR REPLACE TEMP MACRO suits(used_as, domain) AS CASE used_as
    WHEN 'drug' THEN domain = 'Drug'
    WHEN 'unit' THEN domain = 'Unit'
    WHEN 'event' THEN domain IN ('Condition', 'Procedure', 'Measurement', 'Observation', 'Drug', 'Device')
    ELSE TRUE
END;
