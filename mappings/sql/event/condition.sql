-- Condition: a row each (slot ''), and one per stage, about it (of a tentative diagnosis: about nothing, as its row is
-- an observation, whatever its domain). Not yet coded: `code` is a CodeableConcept.
WITH diagnosis AS NOT MATERIALIZED (
    SELECT
        c.resource,
        patient_key(c.source, c.subject) AS person_id,
        encounter_key(c.source, c.encounter) AS visit_occurrence_id,
        coalesce(provider_key(c.source, c.asserter), provider_key(c.source, c.recorder)) AS provider_id,
        CASE
            WHEN list_contains(codes_of(c.category), 'problem-list-item') THEN type_ehr_problem_list()
            ELSE type_ehr()
        END AS type_concept_id,
        with_histology(c.code, c.extension, c.bodySite) AS code,
        first_code(c.verificationStatus) AS status_source_value,
        coalesce(first_code(c.verificationStatus), 'confirmed') <> 'confirmed' AS is_tentative,
        coalesce(c.onsetDateTime, c.onsetPeriod.start) AS onset,
        -- Without an onset, a diagnosis recorded after its end began by its end at the latest.
        coalesce(
            fhir_date(coalesce(c.abatementDateTime, c.abatementPeriod."end")) < fhir_date(c.recordedDate), FALSE
        )
            AS ended_before_recorded,
        c.recordedDate AS recorded,
        coalesce(c.abatementDateTime, c.abatementPeriod."end") AS abatement,
        c.stage
    FROM fhir.condition AS c
),

dated AS NOT MATERIALIZED (
    SELECT
        d.*,
        CASE WHEN d.is_tentative THEN 'observation' ELSE 'condition_occurrence' END AS own_table,
        coalesce(d.onset, CASE WHEN d.ended_before_recorded THEN d.abatement ELSE d.recorded END) AS start_text,
        CASE
            WHEN d.onset IS NOT NULL THEN NULL
            WHEN d.ended_before_recorded THEN 'abatement'
            ELSE 'recordedDate'
        END AS start_from
    FROM diagnosis AS d
)

SELECT
    d.resource,
    '' AS slot,
    CASE WHEN NOT d.is_tentative THEN '' END AS about_slot,
    d.code AS about_code,
    d.own_table AS about_table,
    d.own_table,
    d.is_tentative AS stays,
    d.person_id,
    d.visit_occurrence_id,
    d.provider_id,
    d.type_concept_id,
    d.start_text,
    d.start_from,
    d.abatement AS end_text,
    d.code,
    CASE WHEN d.status_source_value = 'confirmed' THEN status_confirmed_diagnosis() END AS status_concept_id,
    d.status_source_value
FROM dated AS d
UNION ALL BY NAME
SELECT
    s.resource,
    concat('stage', s.stage_no) AS slot,
    CASE WHEN NOT s.is_tentative THEN '' END AS about_slot,
    s.code AS about_code,
    s.own_table AS about_table,
    'measurement' AS own_table,
    FALSE AS stays,
    s.person_id,
    s.visit_occurrence_id,
    s.provider_id,
    s.type_concept_id,
    s.start_text,
    coalesce(s.start_from, 'onset') AS start_from,
    s.found.summary AS code
FROM (
    SELECT
        d.* EXCLUDE (stage),
        unnest(d.stage) AS found,
        generate_subscripts(d.stage, 1) - 1 AS stage_no
    FROM dated AS d
) AS s
WHERE s.found.summary IS NOT NULL
