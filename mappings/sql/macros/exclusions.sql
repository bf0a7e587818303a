-- Why a resource gives no rows.

-- FHIR R4, 2.1.0.5: a modifier that is not understood can reverse the meaning. `modifiers`: the modifier extensions of
-- the resource and of its elements, but for those that the type's own exclusion understands. A security label is that
-- of the settings as `code` or as `system|code`.
CREATE OR REPLACE TEMP MACRO unsafe(implicit_rules, modifiers, meta_data) AS CASE
    WHEN implicit_rules IS NOT NULL THEN 'implicit-rules'
    WHEN len(modifiers) > 0 THEN 'unknown-modifier-extension'
    WHEN len(list_filter(meta_data.tag, LAMBDA one_tag: one_tag.code = 'SUBSETTED')) > 0 THEN 'subsetted'
    WHEN
        len(list_filter(
            meta_data.security,
            LAMBDA label: list_has_any(excluded_labels(), [label.code, label.system || '|' || label.code])
        )) > 0
        THEN 'restricted'
END;

-- What a resource refused for one of these reasons says is not told by what refers to it either: the source takes it
-- back, withholds it, or may mean something else. A drug that was not given, say, is still named as a suspect.
CREATE OR REPLACE TEMP MACRO hides_content(reason) AS reason IN (
    'entered-in-error', 'restricted', 'implicit-rules', 'unknown-modifier-extension', 'subsetted', 'invalid-status',
    'invalid-intent'
);

-- The modifier extensions of the elements of a list.
CREATE OR REPLACE TEMP MACRO modifiers_within(elements) AS
flatten(list_transform(elements, LAMBDA one_element: one_element.modifierExtension));

-- Of dosages, also those of their timing.
CREATE OR REPLACE TEMP MACRO modifiers_of_dosages(dosages) AS list_concat(
    modifiers_within(dosages),
    flatten(list_transform(dosages, LAMBDA one_dosage: one_dosage.timing.modifierExtension))
);

-- The status of the adverse event research guides (R4 backport).
CREATE OR REPLACE TEMP MACRO is_status_modifier(modifier) AS coalesce(
    modifier.url = 'http://hl7.org/fhir/uv/ae-research-backport-ig/StructureDefinition/status', FALSE
);

CREATE OR REPLACE TEMP MACRO modifier_codes(modifiers) AS list_transform(
    modifiers, LAMBDA modifier: modifier.valueCode
);

CREATE OR REPLACE TEMP MACRO wrong_subject(source_name, reference) AS CASE
    WHEN is_relative(reference, 'Patient') THEN NULL
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
CREATE OR REPLACE TEMP MACRO wrong_value(
    date_time, period, whole_number, time_of_day, quantity, ratio
) AS CASE
    WHEN is_wrong_date(date_time) OR is_wrong_date(period.start) OR is_wrong_date(period."end") THEN 'impossible-date'
    WHEN NOT regexp_full_match(whole_number, '0|[-+]?[1-9]\d*') THEN 'invalid-value'
    -- FHIR's integers have 32 bits; a longer number is a telephone's or a record's.
    WHEN whole_number IS NOT NULL AND try_cast(whole_number AS integer) IS NULL THEN 'invalid-value'
    WHEN NOT regexp_full_match(time_of_day, '([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?') THEN 'invalid-value'
    WHEN
        quantity.comparator NOT IN ('<', '<=', '>=', '>')
        OR ratio.numerator.comparator NOT IN ('<', '<=', '>=', '>')
        OR ratio.denominator.comparator NOT IN ('<', '<=', '>=', '>')
        THEN 'invalid-comparator'
END;
