-- Runs after the last complete one.
WITH newest AS (
    SELECT coalesce(max(run), 0) AS run
    FROM state.run
    WHERE status = 'complete'
)

SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE r.status <> 'complete' AND r.run > newest.run) AS violations
FROM state.run AS r CROSS JOIN newest
