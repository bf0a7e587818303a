-- The iRECIST responses with their dates: what shows progression is dated by the first scan of its assessment, the rest
-- by the last. `chosen`: of the patient's one source, the first declared with an evaluable assessment.
WITH dated AS (
    SELECT
        state.person_id,
        component.index_date,
        state.source,
        state.number,
        state.immune_response,
        state.run_number,
        state.run_day,
        state.not_confirmed,
        component.sum_mm,
        component.new_lesions,
        component.new_sum_mm,
        component.cdm_table,
        component.cdm_row_id,
        response_source.source_rank,
        CASE WHEN state.immune_response IN ('iUPD', 'iCPD') THEN component.first_day ELSE component.last_day END
            AS assessment_date
    FROM immune_state AS state
    INNER JOIN immune_component AS component
        ON
            state.person_id = component.person_id
            AND state.source = component.source
            AND state.number = component.number
    INNER JOIN response_source ON state.source = response_source.source
)

SELECT
    * EXCLUDE (source_rank),
    source_rank = coalesce(
        min(source_rank) FILTER (WHERE immune_response != 'NE') OVER (PARTITION BY person_id),
        min(source_rank) OVER (PARTITION BY person_id)
    ) AS chosen
FROM dated
