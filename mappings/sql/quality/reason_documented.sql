-- Fates with a reason that is not on the documented list, or with that of another fate.
SELECT
    count(*) AS examined,
    count(*) FILTER (WHERE d.reason IS NULL) AS violations
FROM state.ledger AS l
LEFT JOIN mapping.reason AS d ON l.reason = d.reason
