-- Lines of systemic therapy before the combination that count.
SELECT
    person_id,
    prior_lines::DOUBLE AS number
FROM cohort_member
