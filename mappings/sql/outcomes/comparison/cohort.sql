-- OMOP cohort rows of the arms: from the landmark to death or the last contact.
SELECT
    arm.definition_id AS cohort_definition_id,
    candidate.person_id AS subject_id,
    candidate.landmark_date AS cohort_start_date,
    greatest(candidate.landmark_date, coalesce(death.death_date, contact.contact_date)) AS cohort_end_date,
    first_seen.seen_date <= candidate.landmark_date AS seen_at_index
FROM candidate
INNER JOIN arm ON candidate.arm = arm.arm
INNER JOIN first_seen ON candidate.person_id = first_seen.person_id
LEFT JOIN cohort_death AS death ON candidate.person_id = death.person_id
LEFT JOIN last_contact AS contact ON candidate.person_id = contact.person_id
WHERE candidate.failed_step IS NULL
ORDER BY arm.position, candidate.person_id
