-- Strata that are read from the record.
SELECT
    stratum AS item,
    14 + stratum_position AS item_position,
    count(*) FILTER (WHERE NOT is_missing) AS x,
    count(*) AS n
FROM stratum_value
WHERE is_recorded
GROUP BY stratum, stratum_position
