-- Patients with a clinical contact after their death.
SELECT contact.person_id AS subject_id
FROM last_contact AS contact
INNER JOIN cohort_death AS death ON contact.person_id = death.person_id
WHERE contact.contact_date > death.death_date
