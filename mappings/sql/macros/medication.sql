-- The medication resources: which drug, how long it lasts.

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

-- A contained resource that the source takes back, or that may mean something else, tells nothing.
CREATE OR REPLACE TEMP MACRO is_told(document) AS
coalesce(document ->> '$.status', '') <> 'entered-in-error'
AND unsafe(
    document ->> '$.implicitRules',
    -- Its own, and those of every element below.
    json_extract(document, '$..modifierExtension[*]'),
    from_json(
        json_extract(document, '$.meta'),
        '{"tag": [{"code": "VARCHAR"}], "security": [{"system": "VARCHAR", "code": "VARCHAR"}]}'
    )
) IS NULL;

-- The contained resource that a Reference points to.
CREATE OR REPLACE TEMP MACRO document_of(documents, reference) AS list_filter(
    documents, LAMBDA document: '#' || (document ->> '$.id') = reference.reference AND is_told(document)
)[1];

-- The Medication that a contained drug record refers to.
CREATE OR REPLACE TEMP MACRO medication_of(document) AS from_json(
    json_extract(document, '$.medicationReference'),
    '{"reference": "VARCHAR", "type": "VARCHAR", "identifier": {"system": "VARCHAR", "value": "VARCHAR"},
      "display": "VARCHAR"}'
);

CREATE OR REPLACE TEMP MACRO contained_drug(documents, reference) AS drug_content(
    from_json(
        document_of(documents, reference) -> '$.code',
        '{"coding": [{"system": "VARCHAR", "code": "VARCHAR", "display": "VARCHAR"}], "text": "VARCHAR"}'
    ),
    from_json(
        document_of(documents, reference) -> '$.ingredient',
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

CREATE OR REPLACE TEMP MACRO unit_word(unit_text) AS CASE
    WHEN lower(trim(unit_text)) IN ('hour', 'hours', '小时') THEN 'h'
    WHEN lower(trim(unit_text)) IN ('day', 'days', '天', '日') THEN 'd'
    WHEN lower(trim(unit_text)) IN ('week', 'weeks', '周') THEN 'wk'
    WHEN lower(trim(unit_text)) IN ('month', 'months', '月') THEN 'mo'
    WHEN lower(trim(unit_text)) IN ('year', 'years', '年') THEN 'a'
END;

-- Whole days that a supply can last, up to ten years; anything else was not meant.
CREATE OR REPLACE TEMP MACRO days_supplied(days) AS
CASE WHEN try_cast(days AS integer) BETWEEN 1 AND 3660 THEN try_cast(days AS integer) END;

-- A duration without a unit is in days; one in a unit that is not known is not a number of days.
CREATE OR REPLACE TEMP MACRO days_of(quantity) AS days_supplied(
    quantity.value * coalesce(
        days_in(quantity.code),
        CASE WHEN quantity.code IS NULL THEN days_in(coalesce(unit_word(quantity.unit), quantity.unit, 'd')) END
    )
);

-- Amount taken a day, in the unit of `supplied`; NULL where the dose is in another unit or taken as needed.
CREATE OR REPLACE TEMP MACRO daily_amount(dosage, supplied) AS CASE
    WHEN
        coalesce(cast(dosage.asNeededBoolean AS varchar), 'false') <> 'true'
        AND dosage.asNeededCodeableConcept IS NULL
        AND coalesce(dosage.doseAndRate[1].doseQuantity.code, dosage.doseAndRate[1].doseQuantity.unit)
        = coalesce(supplied.code, supplied.unit)
        THEN
            dosage.doseAndRate[1].doseQuantity.value * try_cast(dosage.timing.repeat.frequency AS double)
            / (nullif(dosage.timing.repeat.period, 0) * days_in(dosage.timing.repeat.periodUnit))
END;
