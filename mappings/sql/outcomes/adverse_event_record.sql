-- Adverse events of the cohort up to the cut: event rows to which an attribute observation points, with grade (1-5),
-- relatedness and seriousness. `emergent`: onset from the first dose of either component until $window_days after the
-- last dose of either ($extended_window_days if serious or of the extended terms), and before new systemic therapy.
WITH attribute AS (
    SELECT
        finding.event_id,
        finding.event_field_concept_id,
        max(coalesce(try_cast(grade.group_label AS INTEGER), try_cast(finding.value_as_number AS INTEGER)))
        FILTER (WHERE asked.concept_set = $grade) AS grade,
        bool_or(related.concept_id IS NOT NULL) FILTER (WHERE asked.concept_set = $causality)
            AS related,
        bool_or(serious.concept_id IS NOT NULL) FILTER (WHERE asked.concept_set = $seriousness)
            AS serious
    FROM finding
    INNER JOIN concept_member AS asked ON finding.concept_id = asked.concept_id
    LEFT JOIN concept_member AS grade
        ON finding.value_as_concept_id = grade.concept_id AND grade.concept_set = $grade_values
    LEFT JOIN concept_member AS related
        ON finding.value_as_concept_id = related.concept_id AND related.concept_set = $related_values
    LEFT JOIN concept_member AS serious
        ON finding.value_as_concept_id = serious.concept_id AND serious.concept_set = $serious_values
    WHERE
        finding.event_id IS NOT NULL
        AND asked.concept_set IN ($attributes, $grade, $causality, $seriousness)
    GROUP BY finding.event_id, finding.event_field_concept_id
),

coded AS (
    SELECT
        person_id,
        condition_concept_id AS concept_id,
        condition_source_value AS source_value,
        condition_start_date AS onset_date,
        'condition_occurrence' AS cdm_table,
        condition_occurrence_id AS cdm_row_id
    FROM cdm.condition_occurrence
    UNION ALL BY NAME
    SELECT
        person_id,
        measurement_concept_id AS concept_id,
        measurement_source_value AS source_value,
        measurement_date AS onset_date,
        'measurement' AS cdm_table,
        measurement_id AS cdm_row_id
    FROM cdm.measurement
    UNION ALL BY NAME
    SELECT
        person_id,
        observation_concept_id AS concept_id,
        observation_source_value AS source_value,
        observation_date AS onset_date,
        'observation' AS cdm_table,
        observation_id AS cdm_row_id
    FROM cdm.observation
    UNION ALL BY NAME
    SELECT
        person_id,
        procedure_concept_id AS concept_id,
        procedure_source_value AS source_value,
        procedure_date AS onset_date,
        'procedure_occurrence' AS cdm_table,
        procedure_occurrence_id AS cdm_row_id
    FROM cdm.procedure_occurrence
),

last_dose AS (
    SELECT
        patient.person_id,
        max(exposure.end_date) AS last_dose_date
    FROM cohort_member AS patient
    INNER JOIN exposure_record AS exposure
        ON patient.person_id = exposure.person_id AND patient.first_start <= exposure.start_date
    INNER JOIN component ON exposure.concept_set = component.concept_set
    LEFT JOIN new_therapy ON patient.person_id = new_therapy.person_id
    WHERE coalesce(exposure.start_date < new_therapy.new_therapy_date, TRUE)
    GROUP BY patient.person_id
),

event AS (
    SELECT
        coded.*,
        attribute.related,
        attribute.serious,
        CASE WHEN attribute.grade BETWEEN 1 AND 5 THEN attribute.grade END AS grade,
        CASE
            WHEN
                attribute.serious
                OR coded.concept_id IN (
                    SELECT concept_id FROM concept_member
                    WHERE concept_set = $extended_terms
                )
                THEN $extended_window_days
            ELSE $window_days
        END AS window_days
    FROM coded
    INNER JOIN event_field ON coded.cdm_table = event_field.cdm_table
    INNER JOIN attribute
        ON
            coded.cdm_row_id = attribute.event_id
            AND event_field.field_concept_id = attribute.event_field_concept_id
    WHERE coded.onset_date <= $data_cut
)

SELECT
    event.person_id,
    event.concept_id AS term_concept_id,
    event.onset_date,
    event.grade,
    event.related,
    event.serious,
    event.cdm_table,
    event.cdm_row_id,
    coalesce(
        term.group_label,
        CASE WHEN event.concept_id != 0 THEN concept.concept_name END,
        event.source_value,
        'Term not recorded'
    ) AS term,
    event.onset_date >= patient.first_start
    AND event.onset_date - last_dose.last_dose_date <= event.window_days
    AND coalesce(event.onset_date < new_therapy.new_therapy_date, TRUE) AS emergent
FROM event
INNER JOIN cohort_member AS patient ON event.person_id = patient.person_id
INNER JOIN last_dose ON event.person_id = last_dose.person_id
LEFT JOIN new_therapy ON event.person_id = new_therapy.person_id
LEFT JOIN concept_member AS term ON event.concept_id = term.concept_id AND term.concept_set = $terms
LEFT JOIN cdm.concept AS concept ON event.concept_id = concept.concept_id
