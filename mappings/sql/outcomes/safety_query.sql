-- What somebody should look at before a table of adverse events is believed: one row per patient, source, question and
-- term. A severe grade (3 or more) of a result on treatment, and no adverse event on treatment of that term: was it
-- one? An event may have the wider term, which ends alike: 'Aminotransferase increased' for 'Alanine aminotransferase
-- increased'.
SELECT
    graded.subject_id,
    'laboratory' AS source,
    'laboratory_grade_without_event' AS query,
    graded.term,
    graded.worst_date AS query_date
FROM laboratory_grade AS graded
ANTI JOIN adverse_event AS event
    ON graded.subject_id = event.subject_id AND ends_with(lower(graded.term), lower(event.term))
WHERE graded.emergent_grade >= 3
ORDER BY ALL
