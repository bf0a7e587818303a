-- How complete the record is: item, x of n. Patients of the cohort unless the item counts records.
WITH patients AS (SELECT count(*)::INTEGER AS n FROM cohort_member),

sum_record AS (
    SELECT finding.unit_concept_id IN (SELECT unit_concept_id FROM length_unit) AS has_unit
    FROM finding
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    SEMI JOIN cohort_member AS patient ON finding.person_id = patient.person_id
    WHERE concept.concept_set = $target_sum
),

item AS (
    SELECT
        0 AS item_position,
        'seen_at_index' AS item,
        count(*) FILTER (WHERE first_seen.seen_at_index) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN first_seen ON TRUE
    UNION ALL BY NAME
    SELECT
        1 AS item_position,
        'baseline_sum' AS item,
        count(DISTINCT target_sum.person_id) FILTER (WHERE target_sum.baseline_mm IS NOT NULL) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN target_sum ON target_sum.source = 'sums'
    UNION ALL BY NAME
    SELECT
        2 AS item_position,
        'assessment_after_index' AS item,
        count(DISTINCT assessment.person_id) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN assessment ON TRUE
    UNION ALL BY NAME
    SELECT
        3 AS item_position,
        'recorded_response' AS item,
        count(DISTINCT assessment.person_id) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN assessment ON assessment.source = 'recorded'
    UNION ALL BY NAME
    SELECT
        4 AS item_position,
        'sums_of_diameters' AS item,
        count(DISTINCT assessment.person_id) AS x,
        any_value(patients.n) AS n
    FROM patients
    LEFT JOIN assessment ON assessment.source = 'sums'
    UNION ALL BY NAME
    SELECT
        5 AS item_position,
        'sum_records_with_unit' AS item,
        count(*) FILTER (WHERE has_unit) AS x,
        count(*) AS n
    FROM sum_record
    UNION ALL BY NAME
    SELECT
        6 AS item_position,
        'adverse_event_records_with_grade' AS item,
        count(grade) AS x,
        count(*) AS n
    FROM adverse_event_record
    UNION ALL BY NAME
    SELECT
        7 AS item_position,
        'adverse_event_records_with_causality' AS item,
        count(related) AS x,
        count(*) AS n
    FROM adverse_event_record
    UNION ALL BY NAME
    SELECT
        8 + stratum_position AS item_position,
        stratum AS item,
        count(*) FILTER (WHERE NOT is_missing) AS x,
        count(*) AS n
    FROM stratum_value
    WHERE is_recorded
    GROUP BY stratum, stratum_position
)

SELECT
    item,
    x::INTEGER AS x,
    n::INTEGER AS n
FROM item
ORDER BY item_position
