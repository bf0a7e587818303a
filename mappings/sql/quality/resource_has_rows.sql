-- Resources that gave rows when they were received, have none now, and are neither deleted, excluded nor held. Only of
-- those that have none now does the ledger have to say what they gave.
WITH held AS (
    SELECT DISTINCT resource_key
    FROM state.held
),

without AS (
    SELECT r.*
    FROM state.resource AS r
    ANTI JOIN mapped_resource AS m ON r.resource_key = m.resource_key
    WHERE NOT r.deleted
),

gave AS (
    SELECT w.*
    FROM without AS w
    INNER JOIN state.ledger AS l
        ON
            w.resource = l.resource
            AND w.run = l.run AND w.file_no = l.file_no AND w.line = l.line AND w.entry = l.entry
    WHERE l.reason = 'rows'
)

SELECT
    (SELECT count(*) FROM mapped_resource) + count(*) AS examined,
    count(*) FILTER (WHERE x.resource IS NULL AND h.resource_key IS NULL) AS violations
FROM gave AS g
LEFT JOIN state.excluded AS x ON g.resource = x.resource
LEFT JOIN held AS h ON g.resource_key = h.resource_key
