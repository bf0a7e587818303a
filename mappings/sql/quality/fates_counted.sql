-- Versions without a fate, and the difference between what a run counted and what it settled.
WITH settled AS (
    SELECT
        run,
        count(fate) AS fates
    FROM state.ledger
    GROUP BY run
)

SELECT
    sum(r.received) AS examined,
    sum(abs(r.received - coalesce(s.fates, 0))) AS violations
FROM state.run AS r
LEFT JOIN settled AS s ON r.run = s.run
WHERE r.status = 'complete' AND r.received IS NOT NULL
