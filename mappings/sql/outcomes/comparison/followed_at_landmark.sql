-- Alive after the landmark, and known to be: in contact on that day or later, or dead later; up to the cut.
SELECT candidate.candidate_id
FROM candidate
LEFT JOIN last_contact AS contact ON candidate.person_id = contact.person_id
LEFT JOIN cohort_death AS death ON candidate.person_id = death.person_id
WHERE
    candidate.landmark_date <= $data_cut
    AND coalesce(death.death_date > candidate.landmark_date, TRUE)
    AND (death.death_date > candidate.landmark_date OR contact.contact_date >= candidate.landmark_date)
