-- Everything found or done, coded, with the table it belongs to: the concept's domain decides, not the resource type
-- (HL7 FHIR to OMOP, statement 037). A code with several targets gives a row for each.
WITH event AS (
    SELECT * FROM condition_event
    UNION ALL BY NAME
    SELECT * FROM procedure_event
    UNION ALL BY NAME
    SELECT * FROM observation_event
    UNION ALL BY NAME
    SELECT * FROM adverse_event_event
),

event_code AS (
    SELECT
        c.*,
        c.concept_id IN (
            SELECT w.concept_id FROM mapping.written_out AS w
            WHERE w.element = 'value_as_string'
        ) AS is_written_out,
        c.concept_id IN (
            SELECT s.concept_id FROM mapping.string AS s
            WHERE s.text IN ('positive', 'yes')
        ) AS says_present
    FROM mapping.codeable AS c
)

SELECT
    e.resource,
    CASE
        WHEN coalesce(c.target_no, 1) = 1 THEN e.slot
        ELSE concat_ws('.', nullif(e.slot, ''), concat('target', c.target_no))
    END AS slot,
    noted(derivation_of(e.start_from, e.start_text, NULL), c.decided_by, v.decided_by, k.note) AS derivation,
    noted(
        derivation_of(e.start_from, e.start_text, end_noted(e.end_text, e.start_text)), c.decided_by, NULL, NULL
    ) AS derivation_with_end,
    CASE
        WHEN e.stays THEN e.own_table
        -- A condition or a procedure has no place for an answer, and the answer may be no.
        WHEN e.is_answered AND c.domain_id IN ('Condition', 'Procedure') AND NOT coalesce(v.says_present, FALSE)
            THEN 'observation'
        ELSE table_of(c.domain_id, e.own_table)
    END AS cdm_table,
    e.person_id,
    e.visit_occurrence_id,
    e.provider_id,
    e.type_concept_id,
    fhir_datetime(e.start_text) AS start_datetime,
    end_datetime(e.end_text, e.start_text) AS end_datetime,
    coalesce(c.concept_id, 0) AS concept_id,
    coalesce(c.source_concept_id, 0) AS source_concept_id,
    c.source_value,
    e.status_concept_id,
    e.status_source_value,
    operator_of(e.comparator) AS operator_concept_id,
    coalesce(round(e.value_as_number * k.factor, 9), e.value_as_number) AS value_as_number,
    CASE WHEN e.value_code IS NULL THEN c.value_as_concept_id ELSE coalesce(v.concept_id, 0) END AS value_as_concept_id,
    coalesce(v.source_value, left(e.value_text, 50)) AS value_source_value,
    CASE
        -- This table has no operator: beside a number the text alone says that it is a bound.
        WHEN e.value_as_number IS NOT NULL AND e.comparator IS NULL THEN NULL
        WHEN c.is_written_out THEN left(e.value_string, 60)
        ELSE left(coalesce(e.value_text, v.source_value), 60)
    END AS value_as_string,
    CASE WHEN e.qualifier_code IS NOT NULL THEN coalesce(q.concept_id, 0) END AS qualifier_concept_id,
    q.source_value AS qualifier_source_value,
    CASE WHEN e.unit IS NOT NULL THEN coalesce(k.to_unit_concept_id, u.concept_id, 0) END AS unit_concept_id,
    CASE WHEN e.unit IS NOT NULL THEN coalesce(u.source_concept_id, 0) END AS unit_source_concept_id,
    u.source_value AS unit_source_value,
    coalesce(round(e.range_low * k.factor, 9), e.range_low) AS range_low,
    coalesce(round(e.range_high * k.factor, 9), e.range_high) AS range_high,
    CASE
        WHEN e.about_slot IS NOT NULL AND (e.slot <> e.about_slot OR c.target_no > 1)
            THEN table_of(b.domain_id, e.about_table)
    END AS about_table,
    row_key(e.resource, e.about_slot) AS about_row
FROM event AS e
LEFT JOIN event_code AS c ON codeable_key('event', e.code) = c.codeable_key
LEFT JOIN
    event_code AS v
    ON codeable_key(coalesce(e.value_used_as, 'value'), e.value_code) = v.codeable_key AND v.target_no = 1
LEFT JOIN mapping.codeable AS q ON codeable_key('drug', e.qualifier_code) = q.codeable_key AND q.target_no = 1
LEFT JOIN mapping.codeable AS u ON codeable_key('unit', e.unit) = u.codeable_key AND u.target_no = 1
LEFT JOIN mapping.codeable AS b ON codeable_key('event', e.about_code) = b.codeable_key AND b.target_no = 1
-- Only what is declared, and only where the result is plausible; the value as received stays in value_source_value.
LEFT JOIN mapping.unit_conversion AS k
    ON
        c.concept_id = k.concept_id
        AND u.concept_id = k.unit_concept_id
        AND e.value_as_number * k.factor BETWEEN k.low AND k.high
