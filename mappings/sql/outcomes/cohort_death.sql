-- Deaths of the cohort up to the cut.
SELECT
    death.person_id,
    death.death_date
FROM person_death AS death
SEMI JOIN cohort_member AS patient ON death.person_id = patient.person_id
WHERE death.death_date <= $data_cut
