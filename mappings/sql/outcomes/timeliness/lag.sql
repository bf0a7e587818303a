-- Days from an event to the day of the run that first brought its row, which only the lineage of our own workspace
-- tells. What the first load of a source brought has no such day. Late: later than the cut of a bulletin waits.
WITH first_run AS (
    SELECT
        event.item,
        event.event_date,
        min(known.run) AS run
    FROM known_event AS event
    INNER JOIN lineage.row_run AS known ON event.cdm_table = known.cdm_table AND event.cdm_row_id = known.row_id
    WHERE
        -- Where events stand: other tables need not be read.
        known.cdm_table IN (
            'death', 'drug_exposure', 'condition_occurrence', 'measurement', 'observation', 'procedure_occurrence'
        )
    GROUP BY event.item, event.event_date, event.cdm_table, event.cdm_row_id
)

SELECT
    $reporting_delay_days AS late_after_days,
    'lag_' || first_run.item AS item,
    greatest(brought.run_date - first_run.event_date, 0) AS waited_days
FROM first_run
INNER JOIN lineage.run_day AS brought ON first_run.run = brought.run
WHERE NOT brought.is_first_load
