-- Strata that are read from the record.
SELECT
    14 + stratum_position AS item_position,
    stratum AS item,
    count(*) FILTER (WHERE NOT is_missing) AS x,
    count(*) AS n
FROM stratum_value
WHERE is_recorded
GROUP BY stratum, stratum_position
