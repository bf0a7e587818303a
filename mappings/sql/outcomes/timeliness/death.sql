-- Deaths, whose row is known by its person.
SELECT
    'death' AS item,
    death_date AS event_date,
    'death' AS cdm_table,
    person_id AS cdm_row_id
FROM cohort_death
