-- Encounter -> visit_occurrence. Without an end, an inpatient stay that goes on ends on the extract date, any other
-- visit on the day it began; both are recorded as derived.
WITH visit AS (
    SELECT
        e.*,
        c.concept_id,
        c.source_concept_id,
        c.source_value,
        fhir_datetime(e.start_text) AS start_datetime,
        e.status <> 'finished' AND c.concept_id = visit_inpatient() AS is_open_stay
    FROM visit_event AS e
    LEFT JOIN mapping.codeable AS c ON codeable_key('value', e.visit_class) = c.codeable_key AND c.target_no = 1
),

ended AS (
    SELECT
        v.*,
        greatest(
            v.start_datetime,
            CASE
                WHEN v.end_text IS NOT NULL THEN fhir_datetime(v.end_text)
                WHEN v.is_open_stay THEN cast(extract_date() AS timestamp)
            END
        ) AS end_datetime,
        CASE
            WHEN v.end_text IS NOT NULL THEN end_noted(v.end_text, v.start_text)
            WHEN v.is_open_stay THEN 'extract date'
            ELSE 'start'
        END AS end_from
    FROM visit AS v
)

SELECT
    v.resource,
    '' AS slot,
    derivation_of(NULL, v.start_text, v.end_from) AS derivation,
    v.person_id,
    coalesce(v.concept_id, 0) AS visit_concept_id,
    cast(v.start_datetime AS date) AS visit_start_date,
    v.start_datetime AS visit_start_datetime,
    cast(v.end_datetime AS date) AS visit_end_date,
    v.end_datetime AS visit_end_datetime,
    type_ehr_encounter() AS visit_type_concept_id,
    v.provider_id,
    v.care_site_id,
    v.source_value AS visit_source_value,
    coalesce(v.source_concept_id, 0) AS visit_source_concept_id,
    CASE WHEN v.admitted_from IS NOT NULL THEN coalesce(a.concept_id, 0) END AS admitted_from_concept_id,
    a.source_value AS admitted_from_source_value,
    CASE WHEN v.discharged_to IS NOT NULL THEN coalesce(d.concept_id, 0) END AS discharged_to_concept_id,
    d.source_value AS discharged_to_source_value,
    cast(NULL AS varchar) AS preceding_visit_occurrence_id
FROM ended AS v
LEFT JOIN mapping.codeable AS a ON codeable_key('value', v.admitted_from) = a.codeable_key AND a.target_no = 1
LEFT JOIN mapping.codeable AS d ON codeable_key('value', v.discharged_to) = d.codeable_key AND d.target_no = 1
