-- Death from any cause; the row of cdm.death is known by its person. Where only the month or year is known,
-- $partial_date says which day of that period is taken: its start (not before index, when the person lived), its end,
-- or else the last on which the person was known to live.
WITH dated_death AS (
    SELECT
        death.person_id,
        death.precision,
        CASE $partial_date
            WHEN 'start' THEN greatest(death.earliest_date, least(patient.index_date, death.death_date))
            WHEN 'end' THEN death.latest_date
            ELSE death.death_date
        END AS decided_on
    FROM person_death AS death
    INNER JOIN cohort_member AS patient ON death.person_id = patient.person_id
)

SELECT
    person_id,
    decided_on,
    precision,
    'death' AS cdm_table,
    person_id AS cdm_row_id
FROM dated_death
WHERE decided_on <= $data_cut
