-- The one resource that an identifier in use as a reference stands for, or its survivor. An identifier that two records
-- carry stands for neither.
SELECT
    i.alias_key,
    min(coalesce(s.stands_for, i.resource)) AS stands_for
FROM state.identifier AS i
LEFT JOIN survivor AS s ON i.resource = s.alias_key
SEMI JOIN (
    SELECT f.target FROM state.reference AS f
    WHERE contains(f.target, '?')
) AS r ON i.alias_key = r.target
GROUP BY i.alias_key
HAVING count(DISTINCT coalesce(s.stands_for, i.resource)) = 1
