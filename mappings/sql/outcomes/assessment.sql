-- Tumour assessments after index, by source: recorded overall responses, and target responses from sums by RECIST 1.1
-- (Eisenhauer 2009, 4.3.1). One recorded response per day: the last, of one time the worst, an evaluable one before NE.
-- `chosen`: of the patient's one source, the first declared with an evaluable assessment.
WITH recorded AS (
    SELECT
        patient.person_id,
        patient.index_date,
        'recorded' AS source,
        finding.finding_date AS assessment_date,
        answer.group_label AS response,
        finding.cdm_table,
        finding.cdm_row_id
    FROM cohort_member AS patient
    INNER JOIN finding ON patient.person_id = finding.person_id AND patient.index_date < finding.finding_date
    INNER JOIN concept_member AS question ON finding.concept_id = question.concept_id
    INNER JOIN concept_member AS answer ON finding.value_as_concept_id = answer.concept_id
    WHERE question.concept_set = $overall_response AND answer.concept_set = $response_values
    QUALIFY row_number() OVER (
        PARTITION BY patient.person_id, finding.finding_date
        ORDER BY
            finding.finding_datetime DESC NULLS LAST,
            list_position(['PD', 'SD', 'PR', 'CR', 'NE'], answer.group_label) ASC,
            finding.cdm_table ASC,
            finding.cdm_row_id ASC
    ) = 1
),

measured AS (
    SELECT
        person_id,
        index_date,
        'sums' AS source,
        assessment_date,
        CASE
            WHEN sum_mm IS NULL THEN 'NE'
            -- Without a baseline, or without target disease in it, nothing can be compared.
            WHEN baseline_mm IS NULL OR baseline_mm = 0 THEN 'NE'
            WHEN sum_mm = 0 THEN 'CR'
            -- Reappearance after complete response, whatever its size.
            WHEN nadir_mm = 0 THEN 'PD'
            -- At least 20 % and 5 mm above the nadir; at least 30 % below baseline. Exact: integers times decimals.
            WHEN 5 * sum_mm >= 6 * nadir_mm AND sum_mm >= nadir_mm + 5 THEN 'PD'
            WHEN 10 * sum_mm <= 7 * baseline_mm THEN 'PR'
            ELSE 'SD'
        END AS response,
        cdm_table,
        cdm_row_id
    FROM target_sum
    WHERE assessment_date > index_date
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
        UNION ALL
        SELECT * FROM measured
    ) AS found
    INNER JOIN response_source ON found.source = response_source.source
)

SELECT
    person_id,
    index_date,
    source,
    assessment_date,
    response,
    cdm_table,
    cdm_row_id,
    source_rank = coalesce(evaluable_rank, any_rank) AS chosen
FROM ranked
