-- Condition: a row each (slot ''), and one about it for each stage, for a histology that its code does not tell, and,
-- of a secondary tumour, for what its code and its body sites say of where it is. A tentative diagnosis is an
-- observation, and so is what is said about it, whatever the domain: none of it is a fact yet. Not yet coded: `code` is
-- a CodeableConcept.
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
        status_code(c.verificationStatus, 'condition-ver-status') AS status_source_value,
        coalesce(status_source_value, 'confirmed') <> 'confirmed' AS is_tentative,
        coalesce(c.onsetDateTime, c.onsetPeriod.start) AS onset,
        -- Without an onset, a diagnosis recorded after its end began by its end at the latest.
        coalesce(c.abatementDateTime, c.abatementPeriod."end") AS abatement,
        is_reversed(c.recordedDate, abatement) AS ended_before_recorded,
        c.recordedDate AS recorded,
        asserted_date(c.extension) AS asserted,
        c.stage,
        untold_histology(c.code, c.extension, c.bodySite) AS histology,
        CASE WHEN NOT is_tentative THEN secondary_tumour(c.code) END AS secondary,
        c.bodySite
    FROM fhir.condition AS c
),

dated AS MATERIALIZED (
    SELECT
        d.*,
        CASE WHEN d.is_tentative THEN 'observation' ELSE 'condition_occurrence' END AS own_table,
        coalesce(d.onset, CASE WHEN d.ended_before_recorded THEN d.abatement END, d.recorded, d.asserted) AS start_text,
        CASE
            WHEN d.onset IS NOT NULL THEN NULL
            WHEN d.ended_before_recorded THEN 'abatement'
            WHEN d.recorded IS NOT NULL THEN 'recordedDate'
            ELSE 'assertedDate'
        END AS start_from
    FROM diagnosis AS d
),

beside AS (
    SELECT
        d.*,
        concat('stage', generate_subscripts(d.stage, 1) - 1) AS slot,
        unnest(d.stage).summary AS said
    FROM dated AS d
    UNION ALL BY NAME
    SELECT
        d.*,
        'histology' AS slot,
        d.histology AS said
    FROM dated AS d
    UNION ALL BY NAME
    SELECT
        d.*,
        'site' AS slot,
        d.secondary AS said
    FROM dated AS d
    UNION ALL BY NAME
    SELECT
        d.*,
        concat('site', generate_subscripts(d.bodySite, 1) - 1) AS slot,
        metastatic_site(unnest(d.bodySite)) AS said
    FROM dated AS d
    WHERE d.secondary IS NOT NULL
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
    b.resource,
    b.slot,
    CASE WHEN NOT b.is_tentative THEN '' END AS about_slot,
    b.code AS about_code,
    b.own_table AS about_table,
    CASE WHEN b.is_tentative THEN 'observation' ELSE 'measurement' END AS own_table,
    b.is_tentative AS stays,
    b.person_id,
    b.visit_occurrence_id,
    b.provider_id,
    b.type_concept_id,
    b.start_text,
    coalesce(b.start_from, 'onset') AS start_from,
    b.said AS code
FROM beside AS b
WHERE b.said IS NOT NULL
