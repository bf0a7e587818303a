-- The best overall response of every source, with and without confirmation.
SELECT
    person_id AS subject_id,
    source,
    chosen,
    response,
    response_date,
    confirmed,
    confirmed_date
FROM best_by_source
ORDER BY person_id, source
