-- Days between scans up to the first progression by the patient's source: from index to the first, then from each to
-- the next. Late: by more than the declared tolerance.
SELECT
    'scan_interval' AS item,
    cast($scan_interval_days AS INTEGER) + cast($scan_tolerance_days AS INTEGER) AS late_after_days,
    scan.scan_date - coalesce(
        lag(scan.scan_date) OVER (PARTITION BY scan.person_id ORDER BY scan.scan_date), patient.index_date
    ) AS waited_days
FROM scan
INNER JOIN cohort_member AS patient ON scan.person_id = patient.person_id
LEFT JOIN assessed_until AS until_ ON scan.person_id = until_.person_id AND until_.chosen
WHERE scan.first_date <= coalesce(until_.progression_date, scan.first_date)
