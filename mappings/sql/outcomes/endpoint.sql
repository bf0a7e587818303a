-- One row per patient and endpoint: the earliest of its events (on one day: the one named first); without event, the
-- first of its censorings that exists, of several dates the last. Follow-up is cut short where the endpoint says so: by
-- new therapy begun before the event, and where no adequate assessment was made for too long before the event; what was
-- last known by an assessment until then is where it ends. Survival times count both ends: end - start + 1 days, at
-- least 1. `entry_days`: who was first seen after the start is at risk only of what comes later than so many days.
WITH followed AS (
    SELECT
        patient.person_id,
        declared.endpoint,
        declared.endpoint_position,
        declared.stopped_by,
        declared.maximum_gap_days,
        CASE WHEN declared.start = 'first_response' THEN responder.response_date ELSE patient.index_date END
            AS start_date
    FROM cohort_member AS patient
    CROSS JOIN endpoint_declared AS declared
    LEFT JOIN first_response AS responder ON patient.person_id = responder.person_id
    WHERE
        responder.person_id IS NOT NULL
        OR (declared.start = 'index' AND NOT declared.responders)
),

dated_rule AS (
    SELECT
        followed.person_id,
        followed.endpoint,
        followed.start_date,
        named.is_event,
        named.position,
        dated.name,
        dated.decided_on,
        dated.cdm_table,
        dated.cdm_row_id,
        dated.precision
    FROM followed
    INNER JOIN endpoint_rule AS named ON followed.endpoint = named.endpoint
    INNER JOIN dated ON followed.person_id = dated.person_id AND named.name = dated.name
),

happened AS (
    SELECT *
    FROM dated_rule
    WHERE is_event
    QUALIFY row_number() OVER (PARTITION BY person_id, endpoint ORDER BY decided_on, position) = 1
),

-- The last adequate assessment before the event, else the start.
assessed AS (
    SELECT
        happened.person_id,
        happened.endpoint,
        greatest(
            happened.start_date,
            max(adequate.decided_on) FILTER (WHERE adequate.decided_on < happened.decided_on)
        ) AS assessed_on
    FROM happened
    LEFT JOIN dated_rule AS adequate
        ON
            happened.person_id = adequate.person_id
            AND happened.endpoint = adequate.endpoint
            AND NOT adequate.is_event
    GROUP BY happened.person_id, happened.endpoint, happened.start_date
),

-- The day with which follow-up ends before the event; NULL where it does not.
cut_short AS (
    SELECT
        followed.person_id,
        followed.endpoint,
        least(
            CASE WHEN happened.decided_on IS NULL OR halt.decided_on < happened.decided_on THEN halt.decided_on END,
            CASE
                WHEN happened.decided_on - assessed.assessed_on > followed.maximum_gap_days THEN assessed.assessed_on
            END
        ) AS until_date
    FROM followed
    LEFT JOIN happened ON followed.person_id = happened.person_id AND followed.endpoint = happened.endpoint
    LEFT JOIN assessed ON followed.person_id = assessed.person_id AND followed.endpoint = assessed.endpoint
    LEFT JOIN dated AS halt ON followed.person_id = halt.person_id AND followed.stopped_by = halt.name
)

SELECT
    followed.person_id AS subject_id,
    followed.endpoint,
    followed.start_date,
    found.is_event AS event,
    found.name AS decided_by,
    found.decided_on,
    found.cdm_table,
    found.cdm_row_id,
    found.precision AS date_precision,
    (greatest(found.decided_on, followed.start_date) - followed.start_date + 1)::INTEGER AS time_days,
    greatest(first_seen.seen_date - followed.start_date, 0)::INTEGER AS entry_days
FROM followed
INNER JOIN first_seen ON followed.person_id = first_seen.person_id
INNER JOIN dated_rule AS found ON followed.person_id = found.person_id AND followed.endpoint = found.endpoint
INNER JOIN cut_short ON followed.person_id = cut_short.person_id AND followed.endpoint = cut_short.endpoint
WHERE cut_short.until_date IS NULL OR (NOT found.is_event AND found.decided_on <= cut_short.until_date)
QUALIFY
    row_number() OVER (
        PARTITION BY followed.person_id, followed.endpoint
        ORDER BY
            found.is_event DESC,
            CASE WHEN found.is_event THEN found.decided_on END ASC,
            found.position ASC,
            found.decided_on DESC
    ) = 1
ORDER BY followed.endpoint_position, followed.person_id
