-- Days from an event to the day of the run that first brought its row, which only the lineage of our own workspace
-- tells. What the first load of a source brought has no such day. Late: later than the cut of a bulletin waits.
WITH first_run AS (
    SELECT
        event.item,
        event.event_date,
        min(known.run) AS run
    FROM known_event AS event
    INNER JOIN lineage.row_run AS known ON event.cdm_table = known.cdm_table AND event.cdm_row_id = known.row_id
    GROUP BY event.item, event.event_date, event.cdm_table, event.cdm_row_id
)

SELECT
    'lag_' || first_run.item AS item,
    $reporting_delay_days AS late_after_days,
    greatest(day.run_date - first_run.event_date, 0) AS days
FROM first_run
INNER JOIN lineage.run_day AS day ON first_run.run = day.run
WHERE NOT day.is_first_load
