-- The number of the combination's line.
SELECT
    person_id,
    (prior_lines + 1)::DOUBLE AS number
FROM cohort_member
