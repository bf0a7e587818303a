-- The terms that a patient had at the first dose: begun before it and not known to have ended before it, as an adverse
-- event or as a diagnosis, whichever concept of the term it has. `grade`: that of the latest graded record; NULL where
-- none is graded (a diagnosis never is).
WITH event AS (
    SELECT DISTINCT
        person_id,
        term_concept_id,
        term
    FROM adverse_event_row
    WHERE term_concept_id != 0
),

-- Each patient's terms by every concept that means them.
named AS (
    SELECT
        person_id,
        term,
        term_concept_id AS concept_id
    FROM event
    UNION
    SELECT
        event.person_id,
        event.term,
        labelled.concept_id
    FROM event
    INNER JOIN concept_member AS labelled ON event.term = labelled.group_label AND labelled.concept_set = $terms
),

begun AS (
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
        named.person_id,
        named.term,
        NULL AS grade,
        known.condition_start_date AS onset_date
    FROM named
    INNER JOIN treatment_window AS treatment ON named.person_id = treatment.person_id
    INNER JOIN cdm.condition_occurrence AS known
        ON named.person_id = known.person_id AND named.concept_id = known.condition_concept_id
    WHERE
        known.condition_start_date < treatment.first_dose_date
        AND coalesce(known.condition_end_date >= treatment.first_dose_date, TRUE)
)

SELECT
    person_id,
    term,
    arg_max(grade, (onset_date, grade)) FILTER (WHERE grade IS NOT NULL) AS grade
FROM begun
GROUP BY person_id, term
