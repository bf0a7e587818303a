-- Death from any cause; the row of cdm.death is known by its person.
SELECT
    person_id,
    death_date AS decided_on,
    'death' AS cdm_table,
    person_id AS cdm_row_id
FROM cohort_death
