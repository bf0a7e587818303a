-- Deaths of the cohort up to the cut.
SELECT
    death.person_id,
    min(death.death_date) AS death_date
FROM cdm.death
SEMI JOIN cohort_member AS patient ON death.person_id = patient.person_id
WHERE death.death_date <= $data_cut
GROUP BY death.person_id
