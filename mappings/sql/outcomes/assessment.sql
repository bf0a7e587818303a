-- Tumour assessments after index, by source: overall responses as recorded or as derived. One recorded response per
-- day: the last, of one time the worst, an evaluable one before NE.
-- `chosen`: of the patient's one source, the first declared with an evaluable assessment.
WITH recorded AS (
    SELECT
        patient.person_id,
        patient.index_date,
        asked.source,
        finding.finding_date AS assessment_date,
        answer.group_label AS response,
        finding.cdm_table,
        finding.cdm_row_id
    FROM cohort_member AS patient
    INNER JOIN finding ON patient.person_id = finding.person_id AND patient.index_date < finding.finding_date
    INNER JOIN concept_member AS question ON finding.concept_id = question.concept_id
    INNER JOIN concept_member AS answer ON finding.value_as_concept_id = answer.concept_id
    INNER JOIN response_question AS asked
        ON question.concept_set = asked.question_set AND answer.concept_set = asked.answer_set
    QUALIFY row_number() OVER (
        PARTITION BY patient.person_id, asked.source, finding.finding_date
        ORDER BY
            finding.finding_datetime DESC NULLS LAST,
            list_position(['PD', 'NON-CR/NON-PD', 'SD', 'PR', 'CR', 'NE'], answer.group_label) ASC,
            finding.cdm_table ASC,
            finding.cdm_row_id ASC
    ) = 1
),

ranked AS (
    SELECT
        found.*,
        response_source.source_rank,
        min(response_source.source_rank) FILTER (WHERE found.response != 'NE')
            OVER (PARTITION BY found.person_id) AS evaluable_rank,
        min(response_source.source_rank) OVER (PARTITION BY found.person_id) AS any_rank
    FROM (
        SELECT * FROM recorded
        UNION ALL BY NAME
        SELECT * EXCLUDE (has_baseline, has_target, first_day, last_day) FROM derived_response
    ) AS found
    INNER JOIN response_source ON found.source = response_source.source
)

SELECT
    person_id,
    index_date,
    source,
    assessment_date,
    response,
    target_disease,
    non_target,
    has_new,
    cdm_table,
    cdm_row_id,
    source_rank = coalesce(evaluable_rank, any_rank) AS chosen
FROM ranked
