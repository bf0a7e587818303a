-- The one resource that an identifier in use as a reference stands for, or its survivor. An identifier that two records
-- carry stands for neither.
WITH asked AS (
    SELECT DISTINCT r.target AS alias_key
    FROM state.reference AS r
    WHERE contains(r.target, '?')
)

SELECT
    i.alias_key,
    min(coalesce(s.stands_for, i.resource)) AS stands_for
FROM asked AS a
INNER JOIN state.identifier AS i ON a.alias_key = i.alias_key
LEFT JOIN survivor AS s ON i.resource = s.alias_key
GROUP BY i.alias_key
HAVING count(DISTINCT coalesce(s.stands_for, i.resource)) = 1
