-- OMOP cohort rows: from index to death, last contact or the index itself, whatever the record ends with.
SELECT
    $cohort_definition_id AS cohort_definition_id,
    member.person_id AS subject_id,
    member.index_date AS cohort_start_date,
    greatest(
        member.index_date, coalesce(death.death_date, contact.contact_date, member.index_date)
    ) AS cohort_end_date
FROM cohort_member AS member
LEFT JOIN cohort_death AS death ON member.person_id = death.person_id
LEFT JOIN last_contact AS contact ON member.person_id = contact.person_id
ORDER BY member.person_id
