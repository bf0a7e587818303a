-- Overall response at every assessment after index, derived from target and non-target disease and new lesions by the
-- guideline's tables 1 and 2 (Eisenhauer 2009, Eur J Cancer 45:228), by source: recorded sums, or measured lesions.
-- Non-target disease and new lesions come from the lesions, else from what is recorded of them as such on those days.
-- Recorded sums speak of non-target disease only where the record does, ever: then a day without it is not evaluated.
WITH compared AS (
    SELECT DISTINCT person_id FROM baseline_lesion
    WHERE baseline_no IS NOT NULL
),

compared_by AS (
    SELECT
        person_id,
        'lesions' AS source
    FROM compared
    UNION
    SELECT
        person_id,
        source
    FROM target_sum
    WHERE source = 'sums' AND baseline_mm IS NOT NULL
),

others_followed AS (
    SELECT DISTINCT person_id FROM recorded_component
    WHERE non_target IS NOT NULL
),

measured AS (
    SELECT
        person_id,
        index_date,
        source,
        first_day,
        assessment_date,
        cdm_table,
        cdm_row_id,
        baseline_mm IS NOT NULL AS has_baseline,
        TRUE AS has_target,
        cast(NULL AS VARCHAR) AS non_target,
        FALSE AS has_new,
        has_disease
    FROM target_sum
    WHERE source = 'sums' AND assessment_date > index_date
    UNION ALL BY NAME
    SELECT
        found.person_id,
        patient.index_date,
        'lesions' AS source,
        found.first_day,
        found.last_day AS assessment_date,
        'measurement' AS cdm_table,
        found.lesion_row_id AS cdm_row_id,
        baseline.person_id IS NOT NULL AS has_baseline,
        found.has_target,
        found.non_target,
        found.new_lesions > 0 AS has_new,
        found.has_disease
    FROM lesion_assessment AS found
    INNER JOIN cohort_member AS patient ON found.person_id = patient.person_id
    LEFT JOIN compared AS baseline ON found.person_id = baseline.person_id
    WHERE found.is_after
    UNION ALL BY NAME
    -- Lesions that were never seen within the time of a baseline: not evaluable, and counted.
    SELECT
        found.person_id,
        found.index_date,
        'lesions' AS source,
        found.found_on AS first_day,
        found.found_on AS assessment_date,
        'measurement' AS cdm_table,
        min(found.lesion_row_id) AS cdm_row_id,
        FALSE AS has_baseline,
        FALSE AS has_target,
        cast(NULL AS VARCHAR) AS non_target,
        FALSE AS has_new,
        FALSE AS has_disease
    FROM lesion_finding AS found
    ANTI JOIN baseline_lesion AS baseline ON found.person_id = baseline.person_id
    WHERE found.is_after
    GROUP BY found.person_id, found.index_date, found.found_on
),

-- Progression of the rest that is recorded on a day without a measurement is progression all the same.
assessed AS (
    SELECT * FROM measured
    UNION ALL BY NAME
    SELECT
        said.person_id,
        patient.index_date,
        compared_by.source,
        said.finding_date AS first_day,
        said.finding_date AS assessment_date,
        said.cdm_table,
        said.cdm_row_id,
        TRUE AS has_baseline,
        TRUE AS has_target,
        cast(NULL AS VARCHAR) AS non_target,
        FALSE AS has_new,
        FALSE AS has_disease
    FROM recorded_component AS said
    INNER JOIN cohort_member AS patient
        ON said.person_id = patient.person_id AND said.finding_date > patient.index_date
    INNER JOIN compared_by ON said.person_id = compared_by.person_id
    ANTI JOIN measured
        ON
            said.person_id = measured.person_id
            AND compared_by.source = measured.source
            AND said.finding_date BETWEEN measured.first_day AND measured.assessment_date
    WHERE said.has_new OR said.non_target = 'PD'
),

recorded AS (
    SELECT
        assessed.person_id,
        assessed.source,
        assessed.assessment_date,
        first(
            said.non_target
            ORDER BY list_position(['PD', 'NE', 'NON-CR/NON-PD', 'CR'], said.non_target) ASC
        ) FILTER (WHERE said.non_target IS NOT NULL) AS non_target,
        bool_or(said.has_new) AS has_new
    FROM assessed
    INNER JOIN recorded_component AS said
        ON
            assessed.person_id = said.person_id
            AND said.finding_date BETWEEN assessed.first_day AND assessed.assessment_date
    GROUP BY assessed.person_id, assessed.source, assessed.assessment_date
),

component AS (
    SELECT
        assessed.* EXCLUDE (non_target, has_new),
        CASE WHEN assessed.has_target THEN targets.target_disease END AS target_disease,
        coalesce(
            assessed.non_target,
            recorded.non_target,
            -- Followed, but not on this day.
            CASE WHEN assessed.source = 'sums' AND ever.person_id IS NOT NULL THEN 'NE' END
        ) AS non_target,
        assessed.has_new OR coalesce(recorded.has_new, FALSE) AS has_new
    FROM assessed
    LEFT JOIN others_followed AS ever ON assessed.person_id = ever.person_id
    LEFT JOIN target_response AS targets
        ON
            assessed.person_id = targets.person_id
            AND assessed.source = targets.source
            AND assessed.assessment_date = targets.assessment_date
    LEFT JOIN recorded
        ON
            assessed.person_id = recorded.person_id
            AND assessed.source = recorded.source
            AND assessed.assessment_date = recorded.assessment_date
),

tabled AS (
    SELECT
        *,
        CASE
            WHEN NOT has_baseline THEN 'NE'
            -- Progression of any of the three, whatever the others are.
            WHEN target_disease = 'PD' OR non_target = 'PD' OR has_new THEN 'PD'
            -- Table 2: non-target disease only; not all evaluated is not evaluable.
            WHEN NOT has_target THEN coalesce(non_target, 'NE')
            -- Table 1.
            WHEN target_disease = 'CR' AND coalesce(non_target, 'CR') != 'CR' THEN 'PR'
            ELSE coalesce(target_disease, 'NE')
        END AS by_table
    FROM component
),

followed AS (
    SELECT
        *,
        coalesce(
            bool_or(by_table = 'CR') OVER (
                PARTITION BY person_id, source
                ORDER BY assessment_date
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            FALSE
        ) AS was_complete
    FROM tabled
)

SELECT
    person_id,
    index_date,
    source,
    has_baseline,
    has_target,
    target_disease,
    non_target,
    has_new,
    first_day,
    assessment_date AS last_day,
    cdm_table,
    cdm_row_id,
    -- After complete response any disease has reappeared (footnote to table 3).
    CASE
        WHEN has_baseline AND was_complete AND (has_disease OR non_target = 'NON-CR/NON-PD') THEN 'PD'
        ELSE by_table
    END AS response,
    CASE WHEN response = 'PD' THEN first_day ELSE last_day END AS assessment_date
FROM followed
