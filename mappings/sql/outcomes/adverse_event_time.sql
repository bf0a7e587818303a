-- Time to the first event of each row of the safety tables: end - start + 1 days from the first dose. What ends it, the
-- first of: the event; death; the end of the window (both compete with the event); the last day known (censored). Only
-- events within the row's own window count here, so that numerator and time at risk belong together. Who was first seen
-- after index is at risk only of what comes later than `entry_days` (left truncation); who ended by then is not here.
WITH first_event AS (
    SELECT
        kind,
        item,
        related_only,
        person_id,
        min(onset_date) AS event_date
    FROM adverse_event_item
    GROUP BY kind, item, related_only, person_id
),

at_risk AS (
    SELECT
        listed.kind,
        listed.item,
        listed.related_only,
        treatment.person_id,
        treatment.first_dose_date,
        treatment.death_date,
        first_event.event_date,
        least(treatment.known_until, $data_cut) AS known_until,
        CASE WHEN first_seen.seen_at_index THEN 0 ELSE first_seen.seen_date - treatment.first_dose_date END
            AS entry_days,
        CASE WHEN listed.is_extended THEN treatment.extended_window_end ELSE treatment.window_end END AS risk_end
    FROM safety_item AS listed
    CROSS JOIN treatment_window AS treatment
    INNER JOIN first_seen ON treatment.person_id = first_seen.person_id
    LEFT JOIN first_event
        ON
            listed.kind = first_event.kind
            AND listed.item = first_event.item
            AND listed.related_only = first_event.related_only
            AND treatment.person_id = first_event.person_id
),

ended AS (
    SELECT
        *,
        CASE
            WHEN event_date <= risk_end THEN 'event'
            WHEN death_date <= risk_end THEN 'death'
            WHEN known_until >= risk_end THEN 'window ended'
            ELSE 'censored'
        END AS outcome
    FROM at_risk
)

SELECT
    kind,
    item,
    related_only,
    person_id,
    outcome,
    entry_days::INTEGER AS entry_days,
    greatest(
        1,
        1 + CASE outcome
            WHEN 'event' THEN event_date
            WHEN 'death' THEN death_date
            WHEN 'window ended' THEN risk_end
            ELSE known_until
        END - first_dose_date
    )::INTEGER AS time_days
FROM ended
WHERE time_days > entry_days
ORDER BY kind, item, related_only, person_id
