-- The agent of the component's class that opened the era covering the index date.
SELECT member.person_id, era.agent AS label
FROM cohort_member AS member
INNER JOIN exposure_era AS era
    ON
        member.person_id = era.person_id
        AND member.index_date BETWEEN era.era_start AND era.covered_until
WHERE era.component = $argument
