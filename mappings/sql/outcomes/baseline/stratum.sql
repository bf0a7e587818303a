-- The label of a declared stratum; where it is read from the record and stands for no value, none.
SELECT
    person_id,
    label
FROM stratum_value
WHERE stratum = $argument AND NOT (is_missing AND is_recorded)
