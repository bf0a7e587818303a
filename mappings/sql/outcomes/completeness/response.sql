-- What is known of the tumours: patients by source, and records and scans.
WITH patients AS (SELECT count(*) AS n FROM cohort_member),

sum_record AS (
    SELECT finding.unit_concept_id IN (SELECT unit_concept_id FROM length_unit) AS has_unit
    FROM finding
    INNER JOIN concept_member AS concept ON finding.concept_id = concept.concept_id
    SEMI JOIN cohort_member AS patient ON finding.person_id = patient.person_id
    WHERE concept.concept_set = $target_sum
),

-- Of the days of a scan one with the sum of the target lesions, as a sum or from the lesions themselves.
measured_scan AS (
    SELECT
        scan.person_id,
        scan.scan_date,
        coalesce(bool_or(sums.sum_mm IS NOT NULL), FALSE) AS is_measured
    FROM scan
    LEFT JOIN target_sum AS sums
        ON
            scan.person_id = sums.person_id
            AND scan.scan_date >= sums.first_day
            AND scan.first_date <= sums.assessment_date
    GROUP BY scan.person_id, scan.scan_date
)

SELECT
    1 AS item_position,
    'baseline_sum' AS item,
    count(DISTINCT target_sum.person_id) FILTER (WHERE target_sum.baseline_mm IS NOT NULL) AS x,
    any_value(patients.n) AS n
FROM patients
LEFT JOIN target_sum ON TRUE
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
    source.item_position,
    source.item,
    count(DISTINCT assessment.person_id) AS x,
    any_value(patients.n) AS n
FROM patients
CROSS JOIN (
    VALUES
    (3, 'recorded_response', 'recorded'),
    (4, 'sums_of_diameters', 'sums'),
    (5, 'lesion_measurements', 'lesions'),
    (6, 'clinician_assessment', 'clinician')
) AS source (item_position, item, source)
LEFT JOIN assessment ON source.source = assessment.source
GROUP BY source.item_position, source.item
UNION ALL BY NAME
SELECT
    7 AS item_position,
    'scans_with_measurements' AS item,
    count(*) FILTER (WHERE is_measured) AS x,
    count(*) AS n
FROM measured_scan
UNION ALL BY NAME
SELECT
    8 AS item_position,
    'sum_records_with_unit' AS item,
    count(*) FILTER (WHERE has_unit) AS x,
    count(*) AS n
FROM sum_record
