-- Deaths of the entrants, whenever: where only the month or year is known (`death_precision`), the latest of the first
-- day of that period and the last contact within it, for until then the person lived. `earliest_date` and `latest_date`
-- are the ends of the period, for sensitivity. The cut comes later: what is known of a period does not depend on it.
WITH told AS (
    SELECT
        death.person_id,
        known.precision,
        death.death_date AS earliest_date,
        CASE known.precision
            WHEN 'month' THEN last_day(death.death_date)
            WHEN 'year' THEN make_date(year(death.death_date), 12, 31)
            ELSE death.death_date
        END AS latest_date
    FROM cdm.death
    SEMI JOIN entrant ON death.person_id = entrant.person_id
    LEFT JOIN death_precision AS known ON death.person_id = known.person_id
),

alive AS (
    SELECT
        told.person_id,
        max(contact.contact_date) AS last_date
    FROM contact
    INNER JOIN told
        ON
            contact.person_id = told.person_id
            AND contact.contact_date BETWEEN told.earliest_date AND told.latest_date
    WHERE told.precision IS NOT NULL
    GROUP BY told.person_id
)

SELECT
    told.person_id,
    told.precision,
    told.earliest_date,
    told.latest_date,
    greatest(told.earliest_date, alive.last_date) AS death_date
FROM told
LEFT JOIN alive ON told.person_id = alive.person_id
QUALIFY row_number() OVER (PARTITION BY told.person_id ORDER BY told.earliest_date, told.latest_date) = 1
