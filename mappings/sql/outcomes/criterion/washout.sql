-- No exposure to the set within so many days before the index date. What is given on that day or later is not before
-- it, and the records of the combination's own eras, which may begin earlier, are not counted against it.
WITH earlier_era AS (
    SELECT
        candidate.candidate_id,
        component.concept_set,
        max(era.covered_until) AS covered_until
    FROM candidate
    CROSS JOIN component
    LEFT JOIN exposure_era AS era
        ON
            candidate.person_id = era.person_id
            AND component.component = era.component
            AND candidate.start_date > era.covered_until
    GROUP BY candidate.candidate_id, component.concept_set
),

own AS (
    SELECT
        candidate.candidate_id,
        exposure.drug_exposure_id
    FROM candidate
    INNER JOIN earlier_era AS era ON candidate.candidate_id = era.candidate_id
    INNER JOIN exposure_record AS exposure
        ON candidate.person_id = exposure.person_id AND era.concept_set = exposure.concept_set
    WHERE coalesce(exposure.start_date > era.covered_until, TRUE)
),

exposed AS (
    SELECT candidate.candidate_id
    FROM candidate
    INNER JOIN exposure_record AS exposure
        ON candidate.person_id = exposure.person_id AND candidate.index_date > exposure.start_date
    ANTI JOIN own
        ON
            candidate.candidate_id = own.candidate_id
            AND exposure.drug_exposure_id = own.drug_exposure_id
    WHERE
        exposure.concept_set = $argument
        AND candidate.index_date - exposure.end_date <= $days
)

SELECT candidate.candidate_id
FROM candidate
ANTI JOIN exposed ON candidate.candidate_id = exposed.candidate_id
