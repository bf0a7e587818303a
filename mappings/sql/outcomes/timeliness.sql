-- Per item the number of intervals in days, their median and 90th percentile, and how many are longer than
-- `late_after_days`. Items in the order in which they were found.
SELECT
    item,
    count(*)::INTEGER AS n,
    quantile_cont(waited_days::DOUBLE, 0.5) AS median_days,
    quantile_cont(waited_days::DOUBLE, 0.9) AS p90_days,
    CASE
        WHEN any_value(late_after_days) IS NOT NULL THEN count(*) FILTER (WHERE waited_days > late_after_days)
    END::INTEGER AS x_late,
    any_value(late_after_days) AS late_after_days
FROM timely_event
GROUP BY item
ORDER BY item = 'scan_interval' DESC, item
