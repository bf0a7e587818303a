-- The first new systemic therapy after index: an agent outside the combination that starts more than $new_agent_days
-- after the line's first day and was not given within those days.
WITH other AS (
    SELECT
        patient.person_id,
        patient.index_date,
        exposure.group_label AS agent,
        exposure.start_date,
        exposure.drug_exposure_id,
        min(exposure.start_date) OVER (PARTITION BY patient.person_id, exposure.group_label) - patient.first_start
            AS agent_day
    FROM cohort_member AS patient
    INNER JOIN exposure_record AS exposure
        ON patient.person_id = exposure.person_id AND patient.first_start <= exposure.start_date
    WHERE exposure.concept_set = $other_therapy
)

SELECT
    person_id,
    min(start_date) AS new_therapy_date,
    arg_min(drug_exposure_id, (start_date, agent, drug_exposure_id)) AS new_therapy_row_id
FROM other
WHERE agent_day > $new_agent_days AND start_date > index_date
GROUP BY person_id
