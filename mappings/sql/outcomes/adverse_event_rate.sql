-- First events and days at risk by row of the safety tables, and when the first events came (days, both ends counted).
SELECT
    kind,
    item,
    related_only,
    count(*)::INTEGER AS n,
    count(*) FILTER (WHERE outcome = 'event')::INTEGER AS events,
    sum(time_days - entry_days)::INTEGER AS person_days,
    median(time_days) FILTER (WHERE outcome = 'event') AS first_median_days,
    min(time_days) FILTER (WHERE outcome = 'event') AS first_minimum_days,
    max(time_days) FILTER (WHERE outcome = 'event') AS first_maximum_days
FROM adverse_event_time
GROUP BY kind, item, related_only
ORDER BY
    related_only ASC,
    list_position(['any', 'serious', 'severe', 'class', 'term', 'group'], kind) ASC,
    events DESC,
    item ASC
