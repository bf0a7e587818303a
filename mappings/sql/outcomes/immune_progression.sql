-- By person and source: the first unconfirmed progression, the confirming assessment, how many runs of unconfirmed
-- progression were closed by shrinkage, and the progression that counts as the event of iPFS, with its CDM row: the
-- first iUPD of the run that is confirmed, or that no iCR, iPR or iSD ever followed. A run that was closed is
-- disregarded (Seymour 2017, Lancet Oncol 18:e143).
WITH marked AS (
    SELECT
        *,
        coalesce(
            run_number = last_value(run_number) OVER (
                PARTITION BY person_id, source
                ORDER BY number
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ),
            FALSE
        ) AS is_open
    FROM immune_assessment
)

SELECT
    person_id,
    source,
    chosen,
    min(assessment_date) FILTER (WHERE immune_response = 'iUPD') AS unconfirmed_date,
    min(assessment_date) FILTER (WHERE immune_response = 'iCPD') AS confirmed_date,
    count(DISTINCT run_number)::INTEGER - count(DISTINCT run_number) FILTER (WHERE is_open)::INTEGER AS closed_runs,
    min(assessment_date) FILTER (WHERE is_open) AS progression_date,
    arg_min(cdm_table, number) FILTER (WHERE is_open) AS cdm_table,
    arg_min(cdm_row_id, number) FILTER (WHERE is_open) AS cdm_row_id,
    max(assessment_date) FILTER (WHERE is_open) AS last_date,
    last(not_confirmed ORDER BY number) FILTER (WHERE is_open AND immune_response != 'NE') AS not_confirmed,
    count_if(is_open AND number > run_number) AS later_assessments,
    count_if(is_open AND number > run_number AND immune_response != 'NE') AS later_evaluable
FROM marked
GROUP BY person_id, source, chosen
