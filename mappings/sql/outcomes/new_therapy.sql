-- The first new systemic therapy after index: an agent that is none of the patient's components, begun after index and
-- more than $new_agent_days after the line's first day. A course begun before index goes on by its later cycles, until
-- the agent was not taken for $gap_days; one of an agent that the line has had already is new only where no drug at all
-- was taken for so long.
WITH given AS (
    SELECT
        patient.person_id,
        patient.first_start,
        patient.index_date,
        exposure.start_date,
        exposure.end_date,
        exposure.drug_exposure_id,
        coalesce(component.component, exposure.group_label) AS agent,
        regimen.component IS NULL AS is_other
    FROM cohort_member AS patient
    INNER JOIN exposure_record AS exposure ON patient.person_id = exposure.person_id
    LEFT JOIN component ON exposure.concept_set = component.concept_set
    LEFT JOIN regimen
        ON patient.person_id = regimen.person_id AND component.component = regimen.component
    WHERE component.component IS NOT NULL OR exposure.concept_set = $other_therapy
),

rested AS (
    SELECT
        *,
        coalesce(start_date >= $gap_days + max(end_date) OVER earlier, FALSE) AS after_gap,
        coalesce(start_date >= $gap_days + max(end_date) OVER earlier_of_agent, TRUE) AS opens
    FROM given
    WINDOW
        earlier AS (
            PARTITION BY person_id
            ORDER BY start_date, drug_exposure_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        earlier_of_agent AS (
            PARTITION BY person_id, agent
            ORDER BY start_date, drug_exposure_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),

spaced AS (
    SELECT
        *,
        count_if(after_gap) OVER (
            PARTITION BY person_id
            ORDER BY start_date, drug_exposure_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS spell
    FROM rested
),

begun AS (
    SELECT
        person_id,
        agent,
        any_value(first_start) AS first_start,
        any_value(index_date) AS index_date,
        min(start_date) AS begun_date,
        arg_min(drug_exposure_id, (start_date, drug_exposure_id)) AS begun_row_id,
        arg_min(opens, (start_date, NOT opens)) AS opens
    FROM spaced
    WHERE is_other AND start_date >= first_start
    GROUP BY person_id, agent, spell
)

SELECT
    person_id,
    min(begun_date) AS new_therapy_date,
    arg_min(begun_row_id, (begun_date, agent, begun_row_id)) AS new_therapy_row_id
FROM begun
WHERE opens AND begun_date > index_date AND begun_date - first_start > $new_agent_days
GROUP BY person_id
