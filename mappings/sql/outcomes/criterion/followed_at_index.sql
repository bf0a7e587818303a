-- Alive after the index date, and known to be: in contact on that day or later, or dead later; up to the cut.
WITH seen AS (
    SELECT
        contact.person_id,
        max(contact.contact_date) AS last_date
    FROM contact
    SEMI JOIN entrant ON contact.person_id = entrant.person_id
    WHERE contact.contact_date <= $data_cut
    GROUP BY contact.person_id
)

SELECT candidate.candidate_id
FROM candidate
LEFT JOIN seen ON candidate.person_id = seen.person_id
LEFT JOIN person_death AS death ON candidate.person_id = death.person_id AND death.death_date <= $data_cut
WHERE
    candidate.index_date <= $data_cut
    AND coalesce(death.death_date > candidate.index_date, TRUE)
    AND (death.death_date > candidate.index_date OR seen.last_date >= candidate.index_date)
