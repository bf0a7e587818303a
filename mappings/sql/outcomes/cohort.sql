-- OMOP cohort rows: from index to death, last contact or the index itself, whatever the record ends with; and whether
-- the hospital had seen the patient by index.
SELECT
    $definition_id AS cohort_definition_id,
    patient.person_id AS subject_id,
    patient.index_date AS cohort_start_date,
    first_seen.seen_at_index,
    greatest(
        patient.index_date, coalesce(death.death_date, contact.contact_date, patient.index_date)
    ) AS cohort_end_date
FROM cohort_member AS patient
INNER JOIN first_seen ON patient.person_id = first_seen.person_id
LEFT JOIN cohort_death AS death ON patient.person_id = death.person_id
LEFT JOIN last_contact AS contact ON patient.person_id = contact.person_id
ORDER BY patient.person_id
