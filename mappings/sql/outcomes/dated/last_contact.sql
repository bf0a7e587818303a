-- Last known alive.
SELECT
    person_id,
    contact_date AS decided_on,
    cdm_table,
    cdm_row_id
FROM last_contact
