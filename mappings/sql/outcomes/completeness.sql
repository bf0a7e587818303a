-- How complete the record is: item, x of n. Patients of the cohort unless the item counts records.
WITH patients AS (SELECT count(*)::INTEGER AS n FROM cohort_member),

sum_record AS (
    SELECT finding.unit_concept_id IN (SELECT unit_concept_id FROM length_unit) AS has_unit
    FROM finding
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    SEMI JOIN cohort_member AS member ON finding.person_id = member.person_id
    WHERE concept.concept_set = $target_sum
),

item AS (
    SELECT
        1 AS position,
        'baseline_sum' AS item,
        count(DISTINCT person_id) FILTER (WHERE baseline_mm IS NOT NULL) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN target_sum ON TRUE
    UNION ALL
    SELECT 2, 'assessment_after_index', count(DISTINCT person_id), any_value(patients.n)
    FROM patients
    LEFT JOIN assessment ON TRUE
    UNION ALL
    SELECT 3, 'recorded_response', count(DISTINCT person_id), any_value(patients.n)
    FROM patients
    LEFT JOIN assessment ON assessment.source = 'recorded'
    UNION ALL
    SELECT 4, 'sums_of_diameters', count(DISTINCT person_id), any_value(patients.n)
    FROM patients
    LEFT JOIN assessment ON assessment.source = 'sums'
    UNION ALL
    SELECT 5, 'sum_records_with_unit', count_if(has_unit), count(*)
    FROM sum_record
    UNION ALL
    SELECT 6, 'adverse_event_records_with_grade', count(grade), count(*)
    FROM adverse_event_record
    UNION ALL
    SELECT 7, 'adverse_event_records_with_causality', count(related), count(*)
    FROM adverse_event_record
    UNION ALL
    SELECT
        8 + row_number() OVER (ORDER BY stratum),
        stratum,
        count_if(NOT is_missing),
        count(*)
    FROM stratum_value
    GROUP BY stratum
)

SELECT item, x::INTEGER AS x, n::INTEGER AS n
FROM item
ORDER BY position
