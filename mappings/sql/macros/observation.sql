-- Observation: components, values, comparators, lesions.

-- FHIR's rule: a component is absent when it says why (dataAbsentReason), and then has no value. A series of samples is
-- a value that the CDM has no place for.
CREATE OR REPLACE TEMP MACRO is_present(one_component) AS
one_component.dataAbsentReason IS NULL AND one_component.valueSampledData IS NULL;

CREATE OR REPLACE TEMP MACRO present_components(components) AS
coalesce(len(list_filter(components, LAMBDA one_component: is_present(one_component))), 0);

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

-- A unit as it is compared: 10^9/L is 10*9/L, μmol/L umol/L, [IU]/L U/L.
CREATE OR REPLACE TEMP MACRO unit_spelling(unit_text) AS nullif(
    replace(translate(lower(unit_text), 'μµ^[]{} ', 'uu*'), 'iu', 'u'), ''
);

-- A limit of a reference range, in the unit of the value: one that says another unit is no limit of this value.
CREATE OR REPLACE TEMP MACRO limit_of(range_limit, quantity) AS CASE
    WHEN
        coalesce(unit_spelling(range_limit.code), unit_spelling(range_limit.unit)) IS NULL
        OR coalesce(unit_spelling(quantity.code), unit_spelling(quantity.unit)) IS NULL
        OR list_has_any(
            [unit_spelling(range_limit.code), unit_spelling(range_limit.unit)],
            [unit_spelling(quantity.code), unit_spelling(quantity.unit)]
        )
        THEN range_limit.value
END;

-- A range open at one side is a number with a comparator: from 5 up is >=5.
CREATE OR REPLACE TEMP MACRO only_bound(value_range) AS CASE
    WHEN value_range.low.value IS NULL OR value_range.high.value IS NULL
        THEN coalesce(value_range.low.value, value_range.high.value)
END;

CREATE OR REPLACE TEMP MACRO bound_comparator(value_range) AS CASE
    WHEN only_bound(value_range) IS NULL THEN NULL
    WHEN value_range.low.value IS NOT NULL THEN '>='
    ELSE '<='
END;

CREATE OR REPLACE TEMP MACRO range_text(value_range) AS coalesce(
    bound_comparator(value_range) || number_text(only_bound(value_range)),
    number_text(value_range.low.value) || '-' || number_text(value_range.high.value)
);

-- A quotient has no unit of its own, and a comparator below the line turns round: only where the units are the same, or
-- there are none, and the denominator is a plain number. Everything else stays in the text.
CREATE OR REPLACE TEMP MACRO quotient(ratio) AS CASE
    WHEN
        ratio.denominator.value > 0
        AND ratio.denominator.comparator IS NULL
        AND coalesce(ratio.numerator.code, ratio.numerator.unit)
        IS NOT DISTINCT FROM coalesce(ratio.denominator.code, ratio.denominator.unit)
        THEN ratio.numerator.value / ratio.denominator.value
END;

-- <10 mg. A unit that does not read as a code leaves a hash, as everywhere.
CREATE OR REPLACE TEMP MACRO quantity_text(quantity) AS CASE
    WHEN quantity.value IS NOT NULL THEN concat_ws(
        ' ',
        concat(quantity.comparator, number_text(quantity.value)),
        CASE
            WHEN reads_as_code(quantity.code, TRUE) THEN quantity.code
            ELSE keyed_hash(coalesce(quantity.code, quantity.unit))
        END
    )
END;

CREATE OR REPLACE TEMP MACRO ratio_text(ratio) AS CASE
    WHEN coalesce(ratio.numerator.value, ratio.denominator.value) IS NOT NULL
        THEN concat(quantity_text(ratio.numerator), ':', quantity_text(ratio.denominator))
END;

-- Which lesion is observed, as a pseudonym: the first BodyStructure that is the focus, by reference or by the site's
-- identifier of the lesion. A hash, since an identifier may tell whose it is; equal for every observation of a lesion.
CREATE OR REPLACE TEMP MACRO lesion_of(source_name, focus_list) AS CASE
    WHEN focus_list IS NOT NULL
        THEN 'lesion:' || left(sha256(
            getvariable('onco_secret') || chr(31) || list_filter(
                list_transform(focus_list, LAMBDA one_reference: reference_key(source_name, one_reference, NULL)),
                LAMBDA one_key: reference_type(one_key) = 'BodyStructure'
            )[1]
        ), 32)
END;
