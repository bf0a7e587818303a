-- AdverseEvent: a row for the event (slot '0'), and one for each thing said about it: grade, seriousness and its
-- criteria, severity, outcome, suspects and causalities, and when it was detected and recorded. Not yet coded: `code`,
-- `value_code` and `qualifier_code`, the suspect that a causality is judged of, are CodeableConcepts. The grade is an
-- extension: `severity` says how intense an event was, which is not its CTCAE grade. An event told for a study comes
-- from its case report form.
WITH event AS MATERIALIZED (
    SELECT
        a.resource,
        patient_key(a.source, a.subject) AS person_id,
        encounter_key(a.source, a.encounter) AS visit_occurrence_id,
        CASE
            WHEN
                len(a.study) > 0 OR extension_of(a.extension, research_urls('research-subject-ref')) IS NOT NULL
                THEN type_case_report_form()
            ELSE type_ehr()
        END AS type_concept_id,
        CASE
            WHEN a.ended_before_found THEN a.end_text
            ELSE coalesce(a.date, a.detected, a.recordedDate)
        END AS start_text,
        CASE
            WHEN a.date IS NOT NULL THEN NULL
            WHEN a.ended_before_found THEN 'resolved'
            WHEN a.detected IS NOT NULL THEN 'detected'
            ELSE 'recordedDate'
        END AS start_from,
        a.end_text,
        a.event AS code,
        graded(a.grade) AS grade,
        recoded(a.seriousness, 'urn:onco-registry:ae-seriousness') AS seriousness,
        recoded(a.severity, 'urn:onco-registry:ae-severity') AS severity,
        recoded(a.outcome, 'urn:onco-registry:ae-outcome') AS outcome,
        criteria_of(a.extension) AS criteria,
        a.detected,
        a.recordedDate
    FROM (
        SELECT
            *,
            recorded_grade(extension, severity.extension) AS grade,
            extension_of(extension, resolved_date_urls()).valueDateTime AS end_text,
            -- Without a date, an event found or recorded after its end began by its end at the latest.
            date IS NULL AND is_reversed(coalesce(detected, recordedDate), end_text) AS ended_before_found
        FROM fhir.adverse_event
    ) AS a
),

assessment AS (
    SELECT
        s.resource,
        s.suspect_no,
        s.drug,
        unnest(s.causalities) AS judged,
        generate_subscripts(s.causalities, 1) AS judged_no
    FROM suspect_event AS s
),

attribute AS (
    SELECT
        e.resource,
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
        e.resource,
        'seriousness-criterion' || said.criterion_no AS slot,
        recoded(said.criterion, 'urn:onco-registry:ae-seriousness-criterion') AS value_code
    FROM event AS e, (
        SELECT
            unnest(e.criteria) AS criterion,
            generate_subscripts(e.criteria, 1) - 1 AS criterion_no
    ) AS said
    UNION ALL BY NAME
    SELECT
        e.resource,
        said.slot,
        -- Cast, so that nothing else than a date can be written.
        cast(fhir_date(said.date_text) AS varchar) AS value_string
    FROM event AS e, (
        SELECT
            unnest(['detected', 'recorded']) AS slot,
            unnest([e.detected, e.recordedDate]) AS date_text
    ) AS said
    WHERE fhir_date(said.date_text) IS NOT NULL
    UNION ALL BY NAME
    SELECT
        s.resource,
        'suspect' || s.suspect_no AS slot,
        s.drug AS value_code,
        -- What is no drug, or not named, is at least known by its kind.
        CASE WHEN s.drug IS NULL THEN kind_of_suspect(s.suspect_type) END AS value_text
    FROM suspect_event AS s
    UNION ALL BY NAME
    SELECT
        j.resource,
        said.what || j.suspect_no || CASE WHEN j.judged_no > 1 THEN '-' || j.judged_no ELSE '' END AS slot,
        recoded(said.judgement, 'urn:onco-registry:ae-' || said.what) AS value_code,
        j.drug AS qualifier_code
    FROM assessment AS j, (
        SELECT
            unnest(['causality', 'causality-method']) AS what,
            unnest([j.judged.assessment, j.judged.method]) AS judgement
    ) AS said
    WHERE said.judgement IS NOT NULL
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
    e.type_concept_id,
    e.start_text,
    e.start_from,
    e.end_text,
    e.code
FROM event AS e
UNION ALL BY NAME
SELECT
    e.resource,
    a.slot,
    '0' AS about_slot,
    e.code AS about_code,
    'condition_occurrence' AS about_table,
    'observation' AS own_table,
    FALSE AS stays,
    e.person_id,
    e.visit_occurrence_id,
    e.type_concept_id,
    e.start_text,
    e.start_from,
    coded('urn:onco-registry:concept', 'ae-' || regexp_replace(a.slot, '\d+(-\d+)?$', '')) AS code,
    a.value_code,
    a.value_text,
    a.value_string,
    a.qualifier_code,
    CASE WHEN starts_with(a.slot, 'suspect') THEN 'drug' ELSE 'value' END AS value_used_as
FROM attribute AS a INNER JOIN event AS e ON a.resource = e.resource
