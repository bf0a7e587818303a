-- Progression by iRECIST, by the patient's source: the first iUPD of the run that is confirmed, or that no response or
-- stable disease followed.
SELECT
    person_id,
    progression_date AS decided_on,
    cdm_table,
    cdm_row_id
FROM immune_progression
WHERE chosen AND progression_date IS NOT NULL
