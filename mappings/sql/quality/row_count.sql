-- Rows fewer than after the run before, of those that there were then.
WITH newest AS (
    SELECT max(run) AS run
    FROM state.run
    WHERE status = 'complete' AND kind <> 'recompute'
),

present AS (
    SELECT
        count(*) AS n,
        count(*) FILTER (WHERE c._run_from = newest.run) AS begun
    FROM cdm.$cdm_table AS c CROSS JOIN newest
),

past AS (
    SELECT count(*) AS ended
    FROM history.$cdm_table AS h INNER JOIN newest ON h._run_to = newest.run
)

SELECT
    present.n + past.ended - present.begun AS examined,
    greatest(past.ended - present.begun, 0) AS violations
FROM present CROSS JOIN past
