-- A period without gaps changes only where a row beyond it, or at one of its ends, came or went.
SELECT e.person_id
FROM changed_person_event AS e
LEFT JOIN cdm.observation_period AS p ON e.person_id = p.person_id
WHERE
    getvariable('onco_observation_gap') IS NOT NULL
    OR p.person_id IS NULL
    OR e.first_date <= p.observation_period_start_date
    OR greatest(e.first_date, e.last_date) >= p.observation_period_end_date
