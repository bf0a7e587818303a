-- Resources that gave rows when they were received, have none now, and are neither deleted, excluded nor held.
WITH held AS (
    SELECT DISTINCT resource_key
    FROM state.held
)

SELECT
    count(*) AS examined,
    count(*) FILTER (
        WHERE m.resource_key IS NULL AND x.resource IS NULL AND h.resource_key IS NULL
    ) AS violations
FROM state.ledger AS l
INNER JOIN state.resource AS r
    ON
        l.resource = r.resource
        AND l.run = r.run AND l.file_no = r.file_no AND l.line = r.line AND l.entry = r.entry
LEFT JOIN mapped_resource AS m ON r.resource_key = m.resource_key
LEFT JOIN state.excluded AS x ON l.resource = x.resource
LEFT JOIN held AS h ON r.resource_key = h.resource_key
WHERE l.reason = 'rows' AND NOT r.deleted
