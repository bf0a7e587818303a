-- Whether anything of the set was taken before the combination's first day. The records of the combination's own eras,
-- which may begin earlier, are not counted.
WITH earlier_era AS (
    SELECT
        patient.person_id,
        component.concept_set,
        max(era.covered_until) AS covered_until
    FROM cohort_member AS patient
    CROSS JOIN component
    LEFT JOIN exposure_era AS era
        ON
            patient.person_id = era.person_id
            AND component.component = era.component
            AND patient.start_date > era.covered_until
    GROUP BY patient.person_id, component.concept_set
),

own AS (
    SELECT exposure.drug_exposure_id
    FROM earlier_era AS era
    INNER JOIN exposure_record AS exposure
        ON era.person_id = exposure.person_id AND era.concept_set = exposure.concept_set
    WHERE coalesce(exposure.start_date > era.covered_until, TRUE)
),

exposed AS (
    SELECT exposure.person_id
    FROM exposure_record AS exposure
    INNER JOIN cohort_member AS patient
        ON exposure.person_id = patient.person_id AND exposure.start_date < patient.first_start
    ANTI JOIN own ON exposure.drug_exposure_id = own.drug_exposure_id
    WHERE exposure.concept_set = $argument
)

SELECT
    person_id,
    CASE WHEN person_id IN (SELECT person_id FROM exposed) THEN 'Yes' ELSE 'No' END AS label
FROM cohort_member
