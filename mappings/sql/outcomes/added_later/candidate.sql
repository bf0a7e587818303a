-- Days on which a component was added to another that was still covered and had begun longer ago than the combination's
-- window. Prior lines are those before the first of them, as in the cohort. Who was in the cohort by
-- then is not here again.
SELECT
    candidate.person_id,
    candidate.first_start,
    candidate.start_date,
    candidate.index_date,
    candidate.index_row_id,
    candidate.index_table,
    candidate.candidate_id,
    TRUE AS starts_close,
    TRUE AS concurrent,
    cast(NULL AS INTEGER) AS failed_step
FROM candidate
ANTI JOIN begun_together AS own
    ON candidate.person_id = own.person_id AND candidate.index_date >= own.index_date
WHERE NOT candidate.starts_close AND candidate.concurrent
