-- The terms that a patient had at the first dose: begun before it and not known to have ended before it, as an adverse
-- event or as a diagnosis, whichever concept of the term it has. `grade`: that of the latest graded record; NULL where
-- none is graded (a diagnosis never is).
WITH begun AS (
    SELECT
        event.person_id,
        event.term,
        event.grade,
        event.onset_date
    FROM adverse_event_row AS event
    INNER JOIN treatment_window AS treatment ON event.person_id = treatment.person_id
    WHERE
        event.onset_date < treatment.first_dose_date
        AND event.is_named
        AND coalesce(event.end_date >= treatment.first_dose_date, TRUE)
    UNION ALL
    SELECT
        event.person_id,
        event.term,
        NULL AS grade,
        known.condition_start_date AS onset_date
    FROM (
        SELECT DISTINCT
            person_id,
            term_concept_id,
            term
        FROM adverse_event_row
        WHERE term_concept_id != 0
    ) AS event
    INNER JOIN treatment_window AS treatment ON event.person_id = treatment.person_id
    INNER JOIN cdm.condition_occurrence AS known ON event.person_id = known.person_id
    LEFT JOIN concept_member AS labelled
        ON known.condition_concept_id = labelled.concept_id AND labelled.concept_set = $terms
    WHERE
        (event.term_concept_id = known.condition_concept_id OR event.term = labelled.group_label)
        AND known.condition_start_date < treatment.first_dose_date
        AND coalesce(known.condition_end_date >= treatment.first_dose_date, TRUE)
)

SELECT
    person_id,
    term,
    arg_max(grade, (onset_date, grade)) FILTER (WHERE grade IS NOT NULL) AS grade
FROM begun
GROUP BY person_id, term
