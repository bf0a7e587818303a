-- Observation: a row each, and one per component. Not yet coded: `code`, `value_code` and `unit` are CodeableConcepts.
-- What is observed of a lesion points to a row that says which lesion it is.
WITH found AS NOT MATERIALIZED (
    SELECT
        o.*,
        patient_key(o.source, o.subject) AS person_id,
        encounter_key(o.source, o.encounter) AS visit_occurrence_id,
        codes_of(o.category) AS categories,
        lesion_of(o.source, o.focus) AS lesion,
        coalesce(
            o.effectiveDateTime, o.effectiveInstant, o.effectivePeriod.start,
            earlier_of(o.issued, o.effectivePeriod."end")
        ) AS start_text,
        CASE
            WHEN coalesce(o.effectiveDateTime, o.effectiveInstant, o.effectivePeriod.start) IS NOT NULL THEN NULL
            WHEN is_reversed(o.issued, o.effectivePeriod."end") THEN 'effectivePeriod.end'
            ELSE 'issued'
        END AS start_from
    FROM fhir.observation AS o
),

item AS (
    SELECT
        f.resource,
        '' AS slot,
        f.code,
        f.valueQuantity,
        f.valueCodeableConcept,
        f.valueString,
        f.valueBoolean,
        f.valueInteger,
        f.valueRange,
        f.valueRatio,
        f.valueTime,
        f.valueDateTime,
        f.valuePeriod,
        f.referenceRange,
        f.person_id,
        f.visit_occurrence_id,
        f.categories,
        f.lesion,
        f.start_text,
        f.start_from,
        f.effectivePeriod."end" AS end_text
    FROM found AS f
    -- The head of a panel says nothing of its own beside its components.
    WHERE
        f.dataAbsentReason IS NULL
        AND (
            present_components(f.component) = 0 OR is_valued(
                f.valueQuantity, f.valueCodeableConcept, f.valueString, f.valueBoolean, f.valueInteger,
                f.valueRange, f.valueRatio, f.valueTime, f.valueDateTime, f.valuePeriod
            )
        )
    UNION ALL BY NAME
    SELECT
        c.* EXCLUDE (component),
        c.component.code,
        c.component.valueQuantity,
        c.component.valueCodeableConcept,
        c.component.valueString,
        c.component.valueBoolean,
        c.component.valueInteger,
        c.component.valueRange,
        c.component.valueRatio,
        c.component.valueTime,
        c.component.valueDateTime,
        c.component.valuePeriod,
        c.component.referenceRange
    FROM (
        SELECT
            f.resource,
            concat('component', generate_subscripts(f.component, 1) - 1) AS slot,
            unnest(f.component) AS component,
            f.person_id,
            f.visit_occurrence_id,
            f.categories,
            f.lesion,
            f.start_text,
            f.start_from,
            f.effectivePeriod."end" AS end_text
        FROM found AS f
        WHERE f.component IS NOT NULL
    ) AS c
    WHERE is_present(c.component)
    UNION ALL BY NAME
    SELECT
        f.resource,
        'lesion' AS slot,
        coded('urn:onco-registry:concept', 'lesion') AS code,
        f.person_id,
        f.visit_occurrence_id,
        f.categories,
        f.lesion,
        f.start_text,
        f.start_from,
        f.effectivePeriod."end" AS end_text
    FROM found AS f
    WHERE f.lesion IS NOT NULL
)

SELECT
    i.resource,
    i.slot,
    FALSE AS stays,
    CASE WHEN i.lesion IS NOT NULL THEN 'lesion' END AS about_slot,
    CASE WHEN i.lesion IS NOT NULL THEN 'measurement' END AS about_table,
    i.person_id,
    i.visit_occurrence_id,
    i.start_text,
    i.start_from,
    i.end_text,
    i.code,
    -- What was found absent, or answered otherwise, is no condition and nothing done.
    is_valued(
        i.valueQuantity, i.valueCodeableConcept, i.valueString, i.valueBoolean, i.valueInteger,
        i.valueRange, i.valueRatio, i.valueTime, i.valueDateTime, i.valuePeriod
    ) AND coalesce(cast(i.valueBoolean AS varchar) <> 'true', TRUE) AS is_answered,
    coalesce(
        i.valueQuantity.comparator,
        bound_comparator(i.valueRange),
        CASE WHEN quotient(i.valueRatio) IS NOT NULL THEN i.valueRatio.numerator.comparator END
    ) AS comparator,
    i.valueString AS value_string,
    CASE
        WHEN list_has_any(i.categories, ['laboratory', 'vital-signs', 'imaging']) THEN 'measurement'
        WHEN
            coalesce(i.valueQuantity.value, try_cast(i.valueInteger AS double), only_bound(i.valueRange)) IS NOT NULL
            THEN 'measurement'
        ELSE 'observation'
    END AS own_table,
    CASE
        WHEN list_contains(i.categories, 'laboratory') THEN type_lab()
        WHEN list_contains(i.categories, 'imaging') THEN type_ehr_radiology_report()
        WHEN list_contains(i.categories, 'exam') THEN type_ehr_physical_examination()
        WHEN list_contains(i.categories, 'survey') THEN type_survey()
        ELSE type_ehr()
    END AS type_concept_id,
    coalesce(
        i.valueQuantity.value,
        try_cast(i.valueInteger AS double),
        only_bound(i.valueRange),
        quotient(i.valueRatio)
    ) AS value_as_number,
    coalesce(
        i.valueCodeableConcept,
        coded('urn:onco-registry:boolean', cast(i.valueBoolean AS varchar)),
        CASE WHEN i.valueString IS NOT NULL THEN codeable(NULL, i.valueString) END
    ) AS value_code,
    coalesce(
        CASE WHEN i.slot = 'lesion' THEN i.lesion END,
        nullif(concat(i.valueQuantity.comparator, number_text(i.valueQuantity.value)), ''),
        i.valueInteger,
        range_text(i.valueRange),
        ratio_text(i.valueRatio),
        i.valueDateTime,
        i.valueTime,
        nullif(concat_ws('/', i.valuePeriod.start, i.valuePeriod."end"), '')
    ) AS value_text,
    unit_of(coalesce(i.valueQuantity, i.valueRange.low, i.valueRange.high)) AS unit,
    limit_of(i.referenceRange[1].low, i.valueQuantity) AS range_low,
    limit_of(i.referenceRange[1].high, i.valueQuantity) AS range_high
FROM item AS i
