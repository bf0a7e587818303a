-- Stays that were never closed, of patients who died meanwhile: the last day that they can have been seen there.
SELECT
    stay.visit_occurrence_id,
    greatest(visit.visit_start_date, death.death_date) AS last_date
FROM open_stay AS stay
INNER JOIN cdm.visit_occurrence AS visit ON stay.visit_occurrence_id = visit.visit_occurrence_id
INNER JOIN cdm.death AS death ON visit.person_id = death.person_id
WHERE visit.visit_end_date > death.death_date
