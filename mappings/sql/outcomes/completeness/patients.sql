-- Who the hospital had seen by index.
SELECT
    0 AS item_position,
    'seen_at_index' AS item,
    count(*) FILTER (WHERE seen_at_index) AS x,
    count(*) AS n
FROM first_seen
