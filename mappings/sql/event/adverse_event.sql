-- AdverseEvent: a row for the event (slot '0'), and one for each thing said about it: grade, seriousness, severity,
-- outcome, suspects and causalities. Not yet coded: `code` and `value_code` are CodeableConcepts.
-- The grade is an extension (adverse event research guides, R4 backport and R5 spelling; mCODE/ICARE): `severity`
-- says how intense an event was, which is not its CTCAE grade.
WITH event AS NOT MATERIALIZED (
    SELECT
        a.resource,
        patient_key(a.source, a.subject) AS person_id,
        encounter_key(a.source, a.encounter) AS visit_occurrence_id,
        coalesce(a.date, a.detected, a.recordedDate) AS start_text,
        CASE
            WHEN a.date IS NOT NULL THEN NULL
            WHEN a.detected IS NOT NULL THEN 'detected'
            ELSE 'recordedDate'
        END AS start_from,
        extension_of(a.extension, resolved_date_urls()).valueDateTime AS end_text,
        a.event AS code,
        recoded(extension_of(a.extension, grade_urls()).valueCodeableConcept, 'urn:onco-registry:ae-grade') AS grade,
        recoded(a.seriousness, 'urn:onco-registry:ae-seriousness') AS seriousness,
        recoded(a.severity, 'urn:onco-registry:ae-severity') AS severity,
        recoded(a.outcome, 'urn:onco-registry:ae-outcome') AS outcome
    FROM fhir.adverse_event AS a
),

attribute AS (
    SELECT
        e.*,
        said.slot,
        said.value_code
    FROM event AS e, (
        SELECT
            unnest(['grade', 'seriousness', 'severity', 'outcome']) AS slot,
            unnest([e.grade, e.seriousness, e.severity, e.outcome]) AS value_code
    ) AS said
    WHERE said.value_code IS NOT NULL
    UNION ALL BY NAME
    SELECT
        e.*,
        'suspect' || s.suspect_no AS slot,
        s.drug AS value_code,
        -- What is no drug is at least named by its kind: Device, Procedure, ResearchStudy.
        CASE WHEN s.drug IS NULL THEN s.suspect_type END AS value_text
    FROM event AS e INNER JOIN suspect_event AS s ON e.resource = s.resource
    UNION ALL BY NAME
    SELECT
        e.*,
        'causality' || s.suspect_no AS slot,
        recoded(s.causality, 'urn:onco-registry:ae-causality') AS value_code
    FROM event AS e INNER JOIN suspect_event AS s ON e.resource = s.resource
    WHERE s.causality IS NOT NULL
)

SELECT
    e.resource,
    '0' AS slot,
    '0' AS about_slot,
    e.code AS about_code,
    'condition_occurrence' AS about_table,
    'condition_occurrence' AS own_table,
    FALSE AS stays,
    e.person_id,
    e.visit_occurrence_id,
    type_ehr() AS type_concept_id,
    e.start_text,
    e.start_from,
    e.end_text,
    e.code
FROM event AS e
UNION ALL BY NAME
SELECT
    a.resource,
    a.slot,
    '0' AS about_slot,
    a.code AS about_code,
    'condition_occurrence' AS about_table,
    'observation' AS own_table,
    FALSE AS stays,
    a.person_id,
    a.visit_occurrence_id,
    type_ehr() AS type_concept_id,
    a.start_text,
    a.start_from,
    coded('urn:onco-registry:concept', 'ae-' || regexp_replace(a.slot, '\d+$', '')) AS code,
    a.value_code,
    a.value_text,
    CASE WHEN starts_with(a.slot, 'suspect') THEN 'drug' ELSE 'value' END AS value_used_as
FROM attribute AS a
