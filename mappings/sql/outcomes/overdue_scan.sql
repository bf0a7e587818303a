-- Patients alive and without progression by the patient's source whose next scan is more than $scan_tolerance_days late
-- at the cut: due $scan_interval_days after the last one, the first after index. New therapy does not end the schedule,
-- as it does not end progression-free survival. Nobody where the registry declares no schedule.
WITH last_scan AS (
    SELECT
        person_id,
        max(scan_date) AS scan_date
    FROM scan
    GROUP BY person_id
),

progressed AS (
    SELECT person_id
    FROM assessed_until
    WHERE chosen AND progression_date IS NOT NULL
)

SELECT
    patient.person_id AS subject_id,
    last_scan.scan_date AS last_assessment_date,
    contact.contact_date AS last_contact_date,
    coalesce(last_scan.scan_date, patient.index_date) + cast($scan_interval_days AS INTEGER) AS due_date,
    ($data_cut - due_date)::INTEGER AS days_overdue
FROM cohort_member AS patient
LEFT JOIN last_scan ON patient.person_id = last_scan.person_id
LEFT JOIN last_contact AS contact ON patient.person_id = contact.person_id
ANTI JOIN cohort_death AS death ON patient.person_id = death.person_id
ANTI JOIN progressed ON patient.person_id = progressed.person_id
WHERE $data_cut - due_date > cast($scan_tolerance_days AS INTEGER)
ORDER BY days_overdue DESC, patient.person_id ASC
